package matrix

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"r2unet/evaluate/record"
	"r2unet/layers/optimizers"
)

// A Setting is a key of training with its value at one point of a grid.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// axis is a key of training with the values of its list.
type axis struct {
	key    string
	values []any
}

// point is one combination of a grid's values. Without a grid there is one point, with no settings.
type point struct {
	training Training
	settings []Setting
}

// gridKeys are the keys that may have a list of values: single values that training reads, see Run.Trained.
var gridKeys = func() (keys []string) {
	var full Training
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int:
			f.SetInt(1)
		case reflect.Float64:
			f.SetFloat(1)
		case reflect.String:
			f.SetString("a")
		}
	}
	trained := Run{Training: full}.Trained().Training
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ",")
		if key != "-" && !reflect.ValueOf(trained).Field(i).IsZero() {
			keys = append(keys, key)
		}
	}
	return keys
}()

// decodeLists decodes the table at a path into a struct, like decode, but returns lists for single-valued fields as
// axes, in the order of the fields.
func (d decoder) decodeLists(path []string, primitive toml.Primitive, into any) ([]axis, error) {
	table := strings.Join(path, ".")
	if len(d.lists[table]) == 0 {
		return nil, d.decode(table, primitive, into)
	}
	target := reflect.ValueOf(into).Elem()
	var fields []reflect.StructField // of a struct with the same keys, in which keys with lists have type []any
	var from [][]int                 // the corresponding fields of target
	var axes []axis
	for _, f := range reflect.VisibleFields(target.Type()) {
		key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if f.Anonymous || !f.IsExported() || key == "" || key == "-" {
			continue
		}
		kind, typ := f.Type.Kind(), f.Type
		single := kind != reflect.Slice && kind != reflect.Array && kind != reflect.Map && kind != reflect.Struct
		if single && slices.Contains(d.lists[table], key) {
			if !slices.Contains(gridKeys, key) {
				return nil, fmt.Errorf("%s: %s: a list makes a grid, and only settings of training can have one: %s",
					d.place(table, key), key, strings.Join(gridKeys, ", "))
			}
			axes = append(axes, axis{key: key})
			typ = reflect.TypeFor[[]any]()
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", len(fields)), Type: typ, Tag: f.Tag})
		from = append(from, f.Index)
	}
	lists := reflect.New(reflect.StructOf(fields)).Elem()
	for i, index := range from {
		if field := target.FieldByIndex(index); field.Type() == fields[i].Type {
			lists.Field(i).Set(field)
		}
	}
	if err := d.decode(table, primitive, lists.Addr().Interface()); err != nil {
		return nil, err
	}
	n := 0
	for i, index := range from {
		if field := target.FieldByIndex(index); field.Type() == fields[i].Type {
			field.Set(lists.Field(i))
			continue
		}
		axes[n].values = lists.Field(i).Interface().([]any)
		if err := axes[n].check(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", d.place(table, axes[n].key), table, err)
		}
		n++
	}
	return axes, nil
}

// listsOf returns the keys with lists of each table, by the table's path without indices.
func listsOf(meta toml.MetaData) map[string][]string {
	lists := map[string][]string{}
	for _, key := range meta.Keys() {
		if n := len(key) - 1; n > 0 && meta.Type(key...) == "Array" {
			table := strings.Join(key[:n], ".")
			lists[table] = append(lists[table], key[n])
		}
	}
	return lists
}

// check rejects an empty list and values of the wrong type.
func (a axis) check() error {
	if len(a.values) == 0 {
		return fmt.Errorf("%s = []: a list needs at least one value", a.key)
	}
	for _, v := range a.values {
		var t Training
		if err := t.set(a.key, v); err != nil {
			return err
		}
	}
	return nil
}

// field returns the field of a key.
func (t *Training) field(key string) reflect.Value {
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ","); tag == key {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// set sets a key to a value as decoded from TOML.
func (t *Training) set(key string, value any) error {
	if want := setField(t.field(key), value); want != "" {
		return fmt.Errorf("%s: its list has %v, which is not %s", key, value, want)
	}
	return nil
}

// setField sets a field to a value as decoded from TOML. If it cannot, it returns what the value should be.
func setField(field reflect.Value, value any) (want string) {
	v := reflect.ValueOf(value)
	if i, whole := value.(int64); whole && field.Kind() == reflect.Float64 {
		v = reflect.ValueOf(float64(i))
	}
	if _, whole := value.(int64); whole && field.Kind() == reflect.Int || v.Kind() == field.Kind() {
		field.Set(v.Convert(field.Type()))
		return ""
	}
	kinds := map[reflect.Kind]string{
		reflect.Int: "a whole number", reflect.Float64: "a number",
		reflect.String: "text", reflect.Bool: "true or false",
	}
	return kinds[field.Kind()]
}

// defaultNames are the meanings of empty values.
var defaultNames = map[string]string{
	"optimizer": optimizers.Default, "schedule": "constant", "select": "last", "warmup": "none",
}

// text returns the value of a key in canonical form.
func (t *Training) text(key string) string {
	return fieldText(key, t.field(key))
}

// fieldText returns the value of a field in canonical form.
func fieldText(key string, field reflect.Value) string {
	if field.Kind() == reflect.Float64 {
		return strconv.FormatFloat(field.Float(), 'g', -1, 64)
	}
	return cmp.Or(fmt.Sprint(field), defaultNames[key])
}

// usual returns the canonical form of a value that a user wrote for a key.
func usual(key, value string) string {
	var t Training
	if t.field(key).Kind() != reflect.String || t.set(key, value) != nil {
		return value
	}
	t.defaults()
	return t.text(key)
}

// points returns all combinations of the lists' values; the last list varies fastest. There may be as many as room
// says, which shrinks by their number: every table of a dataset has the profile's lists again.
func points(base Training, axes []axis, room *int) ([]point, error) {
	all := []point{{training: base}}
	for _, a := range axes {
		var next []point
		var written []string
		for _, v := range a.values {
			t := base
			if err := t.set(a.key, v); err != nil {
				return nil, err
			}
			t.defaults()
			text := t.text(a.key)
			same := func(other string) bool { return record.Slug(other) == record.Slug(text) }
			if i := slices.IndexFunc(written, same); i >= 0 && written[i] == text {
				return nil, fmt.Errorf("%s: %s occurs twice: leave one out", a.key, text)
			} else if i >= 0 {
				return nil, fmt.Errorf("%s: the runs of %s and %s would have one name: leave one out",
					a.key, written[i], text)
			}
			written = append(written, text)
		}
		for _, p := range all {
			for i, v := range a.values {
				q := point{p.training, append(slices.Clone(p.settings), Setting{a.key, written[i]})}
				if err := q.training.set(a.key, v); err != nil {
					return nil, err
				}
				q.training.defaults()
				next = append(next, q)
			}
		}
		if all = next; len(all) > *room {
			return nil, fmt.Errorf("%s: the lists of the file have more than %d combinations", a.key, maxRuns)
		}
	}
	if len(axes) > 0 {
		*room -= len(all)
	}
	return all, nil
}

// maxPoint, in bytes, with maxName keeps names of run folders below the file systems' limit.
const maxPoint = 80

// pointSlug is the part of a run folder's name for its point of a grid, such as "learning-rate-0-001".
func pointSlug(settings []Setting) string {
	var parts []string
	for _, s := range settings {
		parts = append(parts, record.Slug(s.Key)+"-"+record.Slug(s.Value))
	}
	slug := strings.Join(parts, "-")
	if len(slug) <= maxPoint {
		return slug
	}
	sum := sha256.Sum256([]byte(slug))
	return slug[:maxPoint-9] + "-" + hex.EncodeToString(sum[:4])
}

// without returns the axes whose keys are not set elsewhere.
func without(axes []axis, set func(key string) bool) []axis {
	return slices.DeleteFunc(slices.Clone(axes), func(a axis) bool { return set(a.key) })
}
