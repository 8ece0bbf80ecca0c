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

// A Setting is a key of training with the value that one point of a grid has for it.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// axis is a key of training with the values that a list gives it.
type axis struct {
	key    string
	values []any
}

// point is one way to train: a value for each axis of a grid. Without a grid there is one point, without settings.
type point struct {
	training Training
	settings []Setting
}

// testKeys are the keys of Training that only the test reads, see Run.Trained.
var testKeys = []string{"test-images", "test", "stride", "assess", "measures"}

// gridKeys are the keys that may have a list of values: those that training reads.
var gridKeys = slices.DeleteFunc(tomlKeys(reflect.TypeFor[Training]()), func(key string) bool {
	return slices.Contains(testKeys, key)
})

// decodeLists decodes a table into a struct as decode does, but for lists where the struct has a single value: these it
// returns, in the order of the struct's fields. The path is that of the table.
func (d decoder) decodeLists(path []string, primitive toml.Primitive, into any) ([]axis, error) {
	table := strings.Join(path, ".")
	if len(d.lists[table]) == 0 {
		return nil, d.decode(table, primitive, into)
	}
	target := reflect.ValueOf(into).Elem()
	var fields []reflect.StructField // of a struct of the same keys, in which a key with a list holds anything
	var from [][]int                 // the target's field that each stands for
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
				return nil, fmt.Errorf("%s: %s: a list is a grid of ways to train, and %s does not belong to training; a grid may have %s",
					d.place(table, key), key, key, strings.Join(gridKeys, ", "))
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

// listsOf names the keys of each table that have a list; a table's path is that of lines, but for indices.
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

// check reports a list that is empty or has a value that its key cannot have.
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

// field is the field of a key.
func (t *Training) field(key string) reflect.Value {
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ","); tag == key {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// set gives a key a value as TOML has it.
func (t *Training) set(key string, value any) error {
	field := t.field(key)
	v := reflect.ValueOf(value)
	if i, whole := value.(int64); whole && field.Kind() == reflect.Float64 {
		v = reflect.ValueOf(float64(i))
	}
	if _, whole := value.(int64); whole && field.Kind() == reflect.Int || v.Type() == field.Type() {
		field.Set(v.Convert(field.Type()))
		return nil
	}
	return fmt.Errorf("%s: its list holds %v, which is no %s", key, value, field.Type())
}

// defaultNames are what the empty values of keys stand for.
var defaultNames = map[string]string{"optimizer": optimizers.Default, "schedule": "constant", "select": "last", "warmup": "none"}

// text is the value of a key in its usual form.
func (t *Training) text(key string) string {
	field := t.field(key)
	if field.Kind() == reflect.Float64 {
		return strconv.FormatFloat(field.Float(), 'g', -1, 64)
	}
	return cmp.Or(fmt.Sprint(field), defaultNames[key])
}

// usual is a value that a user has written for a key in its usual form.
func usual(key, value string) string {
	var t Training
	if t.field(key).Kind() != reflect.String || t.set(key, value) != nil {
		return value
	}
	t.defaults()
	return t.text(key)
}

// points are the ways to train that the lists of a table come to, the last list varying fastest.
func points(base Training, axes []axis) ([]point, error) {
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
				return nil, fmt.Errorf("%s: %s occurs twice, and a run is made once: leave one out", a.key, text)
			} else if i >= 0 {
				return nil, fmt.Errorf("%s: the runs of %s and %s would have one name: leave one out", a.key, written[i], text)
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
		if all = next; len(all) > maxRuns {
			return nil, fmt.Errorf("%s: its lists make more than %d ways to train", a.key, maxRuns)
		}
	}
	return all, nil
}

// maxPoint in bytes, with maxName, keeps the names of run folders below what file systems take.
const maxPoint = 80

// pointSlug is the part of a folder's name that says where a run stands in a grid, as "learning-rate-0-001".
func pointSlug(settings []Setting) string {
	var parts []string
	for _, s := range settings {
		parts = append(parts, s.Key+"-"+record.Slug(s.Value))
	}
	slug := strings.Join(parts, "-")
	if len(slug) <= maxPoint {
		return slug
	}
	sum := sha256.Sum256([]byte(slug))
	return slug[:maxPoint-9] + "-" + hex.EncodeToString(sum[:4])
}

// without leaves out the axes of keys that are set otherwise.
func without(axes []axis, set func(key string) bool) []axis {
	return slices.DeleteFunc(slices.Clone(axes), func(a axis) bool { return set(a.key) })
}
