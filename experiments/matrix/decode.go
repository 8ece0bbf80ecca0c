package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"r2unet/datasets"
	"r2unet/internal/nearest"
)

// decoder holds what error messages about a file need.
type decoder struct {
	path  string
	meta  toml.MetaData
	lines map[string]int      // "dataset[2].size" → line number, from 1
	lists map[string][]string // the keys of each table that have a list
}

// tables decodes the [[name]] tables one by one, so that errors name the right one.
func tables[T any](d decoder, name string, raw []toml.Primitive) ([]T, error) {
	all := make([]T, len(raw))
	for i, primitive := range raw {
		table := fmt.Sprintf("%s[%d]", name, i)
		if err := d.decode(table, primitive, &all[i]); err != nil {
			return nil, err
		}
		if err := d.written(table, reflect.ValueOf(&all[i])); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// decode decodes one table into a struct; place is the table's path in d.lines.
func (d decoder) decode(place string, primitive toml.Primitive, into any) error {
	err := d.meta.PrimitiveDecode(primitive, into)
	if err == nil {
		return nil
	}
	keys, message := splitTypeError(err)
	key := ""
	if len(keys) > 0 {
		key = keys[len(keys)-1]
	}
	at := d.place(place, key)
	if line := d.lineWithin(place, keys); line > 0 {
		at = fmt.Sprintf("%s:%d", d.path, line)
	}
	return fmt.Errorf("%s: %s: %s", at, cmp.Or(key, place), message)
}

// lineWithin returns the line of a key inside a table of the place, or of the inline table that it is in, whose keys
// have no lines; 0 where there is none.
func (d decoder) lineWithin(place string, keys []string) int {
	for n := range keys {
		for end := len(keys); end > n; end-- {
			if line, ok := d.lines[place+"."+strings.Join(keys[n:end], ".")]; ok {
				return line
			}
		}
	}
	return 0
}

// typeError matches the TOML library's error for a value of a wrong type. Its line is that of the last table with such
// a key, not of the wrong one, so only key and message are used.
var typeError = regexp.MustCompile(`(?s)^toml: (?:line \d+ )?\(last key "(.*?)"\): (.*)$`)

func splitTypeError(err error) (keys []string, message string) {
	m := typeError.FindStringSubmatch(err.Error())
	if m == nil {
		return nil, strings.TrimPrefix(err.Error(), "toml: ")
	}
	return strings.Split(m[1], "."), plainType(m[2])
}

// wrongType matches the library's message about a value of another type than the key has.
var wrongType = regexp.MustCompile(`^incompatible types: TOML value has type (\S+); destination has type (\S+)$`)

// plainType says such a message in words of TOML.
func plainType(message string) string {
	m := wrongType.FindStringSubmatch(message)
	if m == nil {
		return message
	}
	word := func(kind string) string {
		switch {
		case kind == "string":
			return "text in quotes"
		case kind == "integer":
			return "a whole number"
		case strings.HasPrefix(kind, "float"), strings.HasPrefix(kind, "int"):
			return "a number"
		case strings.HasPrefix(kind, "bool"):
			return "true or false"
		case strings.HasPrefix(kind, "map"), kind == "table":
			return "a table"
		case strings.HasPrefix(kind, "[]"), kind == "slice":
			return "a list"
		}
		return kind
	}
	return fmt.Sprintf("must be %s, and is %s", word(m[2]), word(m[1]))
}

// syntaxError adds file and line to a TOML syntax error.
func (d decoder) syntaxError(err error) error {
	var parse toml.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d: %s", d.path, parse.Position.Line, parse.Message)
	}
	return fmt.Errorf("%s: %s", d.path, strings.TrimPrefix(err.Error(), "toml: "))
}

// settingError adds file and line to the error of a Validate method: those of the key at its beginning, or of the table
// around it, if the table or one of the others has it, otherwise those of the table.
func (d decoder) settingError(table, what string, err error, others ...string) error {
	key := leadingKey.FindString(err.Error())
	for outer := key; outer != ""; outer = outer[:max(strings.LastIndexByte(outer, '.'), 0)] {
		for _, t := range append([]string{table}, others...) {
			if _, ok := d.lines[t+"."+outer]; ok {
				return fmt.Errorf("%s: %s: %w", d.place(t, outer), what, err)
			}
		}
	}
	return fmt.Errorf("%s: %s: %w", d.place(table, key), what, err)
}

var leadingKey = regexp.MustCompile(`^[\w-]+(\.[\w-]+)*`)

// place returns "file:line" of a key in a table or, if it is not written there, of the innermost table around it.
func (d decoder) place(table, key string) string {
	path := table
	if key != "" {
		path += "." + key
	}
	for {
		if line, ok := d.lines[path]; ok {
			return fmt.Sprintf("%s:%d", d.path, line)
		}
		dot := strings.LastIndexByte(path, '.')
		if dot < 0 {
			return d.path
		}
		path = path[:dot]
	}
}

// unknownKeys returns an error for each key that was not decoded, with the nearest known key. Of a table whose own name
// is unknown, the name alone is reported, once.
func (d decoder) unknownKeys() error {
	reported := map[string]bool{}
	written := d.linesByKey()
	var errs []error
	for _, key := range d.meta.Undecoded() {
		if readsItself(key[:len(key)-1]) {
			continue
		}
		lines := linesOf(key, written)
		key = firstUnknown(key)
		if reported[key.String()] || len(key) > 1 && reported[key[:len(key)-1].String()] {
			reported[key.String()] = true
			continue
		}
		reported[key.String()] = true
		hint := hintFor(key)
		for _, line := range lines {
			errs = append(errs, fmt.Errorf("%s:%d: unknown key %q%s", d.path, line, key.String(), hint))
		}
	}
	return errors.Join(errs...)
}

// hintFor says which table has an unknown key, or which key it may have been meant to be; "" if neither is known.
func hintFor(key toml.Key) string {
	own, word := knownKeys(key[:len(key)-1]), key[len(key)-1]
	if len(key) > 1 { // an unknown table belongs nowhere else
		for _, other := range []struct {
			table toml.Key
			head  string
		}{
			{toml.Key{"architecture"}, "[[architecture]]"},
			{toml.Key{"dataset"}, "[[dataset]]"},
			{toml.Key{"profile", ""}, "[profile.NAME]"},
			{toml.Key{"experiment"}, "[[experiment]]"},
		} {
			if slices.Contains(knownKeys(other.table), word) {
				return fmt.Sprintf("; it is a key of %s", other.head)
			}
		}
	}
	if near := nearest.Of(word, own); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// firstUnknown cuts a key behind its first word that is none of those known there, as profle of profle.quick.
func firstUnknown(key toml.Key) toml.Key {
	for n, word := range key {
		known := knownKeys(key[:n])
		if len(known) > 0 && !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, word) }) {
			return key[:n+1]
		}
	}
	return key
}

// readsItself reports whether the value of a dataset's key, or the space of a search, decodes the tables in it itself,
// and rejects unknown keys.
func readsItself(key toml.Key) bool {
	switch {
	case len(key) > 3 && key[0] == "profile" && key[2] == "search" && key[3] == "space":
		return true
	case len(key) > 1 && key[0] == "dataset":
		key = key[1:]
	case len(key) > 4 && key[0] == "profile" && key[2] == "dataset":
		key = key[4:]
	default:
		return false
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[datasets.Config]()) {
		if tag, _, _ := strings.Cut(field.Tag.Get("toml"), ","); tag == key[0] {
			return reflect.PointerTo(field.Type).Implements(reflect.TypeFor[toml.Unmarshaler]())
		}
	}
	return false
}

// linesByKey lists the lines of each key, over all tables of the same name.
func (d decoder) linesByKey() map[string][]int {
	written := map[string][]int{}
	for place, line := range d.lines {
		path := tableIndex.ReplaceAllString(place, "")
		written[path] = append(written[path], line)
	}
	for _, lines := range written {
		slices.Sort(lines)
	}
	return written
}

// linesOf returns the lines of a key; inside an inline table, those of the nearest enclosing key that has a line.
func linesOf(key toml.Key, written map[string][]int) []int {
	for n := len(key); n > 0; n-- {
		if lines := written[strings.Join(key[:n], ".")]; len(lines) > 0 {
			return slices.Compact(slices.Clone(lines))
		}
	}
	return []int{1}
}

var tableIndex = regexp.MustCompile(`\[\d+\]`)

// known returns an error for the first name that is unknown or repeated.
func (d decoder) known(table, key string, names, known []string) error {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%s: %s: %q occurs twice: leave one out", d.place(table, key), cmp.Or(key, table), name)
		}
		if slices.Contains(known, name) {
			continue
		}
		hint := ""
		if near := nearest.Of(name, known); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return fmt.Errorf("%s: %s: %q is not defined in this file%s",
			d.place(table, key), cmp.Or(key, table), name, hint)
	}
	return nil
}

// tomlKeys lists the keys of a struct, including those of embedded structs.
func tomlKeys(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		field := t.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		switch {
		case tag == "-" || !field.IsExported():
		case field.Anonymous && tag == "":
			keys = append(keys, tomlKeys(field.Type)...)
		default:
			keys = append(keys, cmp.Or(tag, field.Name))
		}
	}
	return keys
}

// keysWithin lists the keys of the table at a path below a struct.
func keysWithin(t reflect.Type, path []string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	if len(path) == 0 {
		return tomlKeys(t)
	}
	for _, field := range reflect.VisibleFields(t) {
		if tag, _, _ := strings.Cut(field.Tag.Get("toml"), ","); tag == path[0] {
			return keysWithin(field.Type, path[1:])
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
