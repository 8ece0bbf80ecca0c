package matrix

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"r2unet/datasets/augment"
	"r2unet/evaluate/record"
	"r2unet/experiments/search"
	"r2unet/internal/nearest"
)

// augmentPrefix begins the searched keys of an augment table.
const augmentPrefix = "augment."

// notSearched are keys that may have a grid and are not searched: the search settles the epoch; a file of weights is
// read before there is a trial; and trials are compared on the same validation samples and have the same epochs, or
// some of a range.
var notSearched = []string{"select", "init", "validation-samples", "compute-budget"}

// searchedKeys lists what a space may have, in the order in which points name it, and augmentFields are the places of
// the fields among them that belong to the augmentation.
var searchedKeys, augmentFields = func() (keys []string, fields map[string][]int) {
	fields = map[string][]int{}
	keys = slices.DeleteFunc(slices.Clone(gridKeys), func(key string) bool {
		return slices.Contains(notSearched, key)
	})
	for _, f := range reflect.VisibleFields(reflect.TypeFor[augment.Config]()) {
		key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if kind := f.Type.Kind(); key != "" && (kind == reflect.Float64 || kind == reflect.Bool) {
			keys = append(keys, augmentPrefix+key)
			fields[augmentPrefix+key] = f.Index
		}
	}
	return keys, fields
}()

// searchedField returns the field of a run that a searched key sets.
func searchedField(r *Run, key string) reflect.Value {
	if index, augments := augmentFields[key]; augments {
		return reflect.ValueOf(&r.Dataset.Augment).Elem().FieldByIndex(index)
	}
	return r.Training.field(key)
}

// setSearched sets a searched key of a run.
func setSearched(r *Run, key string, value any) error {
	if want := setField(searchedField(r, key), value); want != "" {
		return fmt.Errorf("%s: %v is not %s", key, value, want)
	}
	return nil
}

// readSpace reads the keys of a space, and the values of those that have a list. Errors begin with the key.
func readSpace(table map[string]any) (search.Space, [][]any, error) {
	flat := map[string]any{}
	dotted(flat, "", table)
	for _, key := range sortedKeys(flat) {
		switch {
		case slices.Contains(searchedKeys, key):
		case key == "compute-budget":
			return nil, nil, fmt.Errorf("%s: cannot be searched: search epochs, or set them in the profile", key)
		case slices.Contains(notSearched, key):
			return nil, nil, fmt.Errorf("%s: cannot be searched: set it in the profile or leave it out", key)
		default:
			hint := "."
			if near := nearest.Of(key, searchedKeys); near != "" {
				hint = fmt.Sprintf("; did you mean %q?", near)
			}
			return nil, nil, fmt.Errorf("%s: no key that can be searched%s There are %s",
				key, hint, strings.Join(searchedKeys, ", "))
		}
	}
	if len(flat) == 0 {
		return nil, nil, fmt.Errorf("space: has no key to search")
	}
	var space search.Space
	var values [][]any
	for _, name := range searchedKeys {
		v, there := flat[name]
		if !there {
			continue
		}
		key, choices, err := readKey(name, v)
		if err != nil {
			return nil, nil, err
		}
		space, values = append(space, key), append(values, choices)
	}
	return space, values, nil
}

// dotted adds the keys of a table, those of tables in it as "augment.rotate"; what is known or like a range is a key.
func dotted(flat map[string]any, prefix string, table map[string]any) {
	for key, v := range table {
		inner, nested := v.(map[string]any)
		like := func(k string) bool { _, there := inner[k]; return there }
		key = prefix + key
		if nested && len(inner) > 0 && !slices.Contains(searchedKeys, key) && !slices.ContainsFunc(rangeKeys, like) {
			dotted(flat, key+".", inner)
		} else {
			flat[key] = v
		}
	}
}

// readKey reads what a key may be.
func readKey(name string, v any) (search.Key, []any, error) {
	switch v := v.(type) {
	case []any:
		key, err := readChoices(name, v)
		return key, v, err
	case map[string]any:
		key, err := readRange(name, v)
		return key, nil, err
	}
	return search.Key{}, nil, fmt.Errorf("%s = %v: expected a range such as {low = 1e-4, high = 1e-2, log = true} or "+
		"a list of values", name, v)
}

func readChoices(name string, values []any) (search.Key, error) {
	key := search.Key{Name: name}
	if len(values) < 2 {
		return key, fmt.Errorf("%s: its list has %d values, and there is nothing to search among fewer than two: set "+
			"it in the profile", name, len(values))
	}
	for _, v := range values {
		var r Run
		if err := setSearched(&r, name, v); err != nil {
			return key, err
		}
		r.Training.defaults()
		text := fieldText(name, searchedField(&r, name))
		for _, other := range key.Choices {
			if other == text {
				return key, fmt.Errorf("%s: %s occurs twice: leave one out", name, text)
			}
			if record.Slug(other) == record.Slug(text) {
				return key, fmt.Errorf("%s: the runs of %s and %s would have one name: leave one out",
					name, other, text)
			}
		}
		key.Choices = append(key.Choices, text)
	}
	return key, nil
}

// rangeKeys are the keys of a range.
var rangeKeys = []string{"low", "high", "log"}

func readRange(name string, table map[string]any) (search.Key, error) {
	var r Run
	kind := searchedField(&r, name).Kind()
	key := search.Key{Name: name, Whole: kind == reflect.Int}
	if kind != reflect.Int && kind != reflect.Float64 {
		return key, fmt.Errorf("%s: has no range, as it is no number: write a list of values", name)
	}
	for _, k := range sortedKeys(table) {
		if !slices.Contains(rangeKeys, k) {
			return key, fmt.Errorf("%s: a range has no key %q, only %s", name, k, strings.Join(rangeKeys, ", "))
		}
	}
	var ok bool
	if v, there := table["log"]; there {
		if key.Log, ok = v.(bool); !ok {
			return key, fmt.Errorf("%s: log = %v: must be true or false", name, v)
		}
	}
	for _, end := range []struct {
		key string
		to  *float64
	}{{"low", &key.Low}, {"high", &key.High}} {
		v, there := table[end.key]
		if !there {
			return key, fmt.Errorf("%s: a range needs %s", name, end.key)
		}
		if err := setSearched(&r, name, v); err != nil {
			return key, err
		}
		switch v := v.(type) {
		case int64:
			*end.to = float64(v)
		case float64:
			*end.to = v
		}
	}
	switch {
	case !(key.Low < key.High) || math.IsInf(key.High-key.Low, 0):
		return key, fmt.Errorf("%s: low = %g must be below high = %g", name, key.Low, key.High)
	case key.Log && key.Low <= 0:
		return key, fmt.Errorf("%s: low = %g: must be above 0 where log = true", name, key.Low)
	}
	return key, nil
}
