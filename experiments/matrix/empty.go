package matrix

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// emptyMeans are the keys in which "" says something that no word says, such as that no part is frozen. In all others
// it is refused: it comes of a variable that is not set, and would silently be the default.
var emptyMeans = []string{
	"kind", "folder", "fov", "patient", "input", "crop", "split", "loss-region", "measure-at", "warmup", "init",
	"freeze", "threshold", "temperature",
}

// neverZero are the keys of numbers whose default is not 0 and that cannot be 0, with what they must be.
var neverZero = map[string]string{
	"accumulate": "at least 1", "observer": "1 or 2", "initial-gain": "above 0 and at most 10",
}

// neverNone are the keys of lists that name something, where no list is all there is.
var neverNone = []string{"architectures", "datasets", "experiments", "seeds"}

// written returns an error for the first value that is written in a table, cannot be, and would be taken for the
// default. Value is the struct that the table was decoded into.
func (d decoder) written(table string, value reflect.Value) error {
	if value = reflect.Indirect(value); !value.IsValid() {
		return nil
	}
	path := append([]byte(table), '.')
	for _, f := range keysOf(value.Type()) {
		field := value.FieldByIndex(f.index)
		_, there := d.lines[string(append(path, f.key...))] // without an allocation: there may be thousands of tables
		if !there && (field.Kind() != reflect.Pointer || field.IsNil()) {
			continue
		}
		list := field.Kind() != reflect.Slice && slices.Contains(d.lists[table], f.key) // a grid's, which its rows name
		if said := asDefault(f.key, field); said != "" && !list {
			return fmt.Errorf("%s: %s: %s", d.place(table, f.key), tableIndex.ReplaceAllString(table, ""), said)
		}
		if inner := reflect.Indirect(field); inner.Kind() == reflect.Struct {
			if err := d.written(table+"."+f.key, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// keyed is a field with a key.
type keyed struct {
	key   string
	index []int
}

var keysByType sync.Map // reflect.Type to []keyed: a hostile file has thousands of tables

// keysOf lists the keys of a struct.
func keysOf(t reflect.Type) []keyed {
	if known, ok := keysByType.Load(t); ok {
		return known.([]keyed)
	}
	var all []keyed
	for _, f := range reflect.VisibleFields(t) {
		if key, _, _ := strings.Cut(f.Tag.Get("toml"), ","); key != "" && key != "-" && f.IsExported() {
			all = append(all, keyed{key, f.Index})
		}
	}
	keysByType.Store(t, all)
	return all
}

// asDefault says what is wrong with a written value that would be taken for the default, "" if it is a value.
func asDefault(key string, v reflect.Value) string {
	switch kind := v.Kind(); {
	case kind == reflect.String && v.String() == "" && !slices.Contains(emptyMeans, key):
		return fmt.Sprintf(`%s = "": is empty: write a value, or leave the key out for its default`, key)
	case kind == reflect.Slice && v.Len() == 0 && slices.Contains(neverNone, key):
		return fmt.Sprintf("%s = []: names none: name some, or leave the key out for its default", key)
	case kind == reflect.Float64 && v.Float() == 0 && math.Signbit(v.Float()):
		return fmt.Sprintf("%s = -0.0: must not be negative: write 0, or leave the key out", key)
	case (kind == reflect.Float64 || kind == reflect.Int) && v.IsZero() && neverZero[key] != "":
		return fmt.Sprintf("%s = 0: must be %s; leave the key out for its default", key, neverZero[key])
	}
	return ""
}
