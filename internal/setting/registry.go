package setting

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"r2unet/internal/nearest"
)

// Registry holds what may be chosen by a setting's name: schedules, optimizers.
type Registry[T any] struct {
	kind, usual string
	entries     map[string]entry[T]
}

type entry[T any] struct {
	build      func(Setting) T
	parameters []Parameter
}

// NewRegistry returns an empty registry. Kind is what its entries are, such as "schedule", and usual is the name of the
// default.
func NewRegistry[T any](kind, usual string) *Registry[T] {
	return &Registry[T]{kind, usual, map[string]entry[T]{}}
}

// Register registers an entry under its name in the TOML file, with its parameters, of which build gets the values. It
// panics if the name is taken.
func (r *Registry[T]) Register(name string, build func(Setting) T, parameters ...Parameter) {
	if _, taken := r.entries[name]; taken {
		panic(fmt.Sprintf("%s %q is registered twice", r.kind, name))
	}
	r.entries[name] = entry[T]{build, parameters}
}

// Names returns the names of the entries in alphabetical order.
func (r *Registry[T]) Names() []string { return slices.Sorted(maps.Keys(r.entries)) }

// Parameters returns the parameters of an entry.
func (r *Registry[T]) Parameters(name string) []Parameter { return r.entries[name].parameters }

// Get returns the entry that text describes, and the setting with its defaults; "" is the default.
func (r *Registry[T]) Get(text string) (T, Setting, error) {
	s, err := r.parse(text)
	if err != nil {
		var none T
		return none, s, err
	}
	return r.entries[s.Name].build(s), s, nil
}

// Canonical returns the text from which a run's identity is computed: "" for the default, parameters that have their
// defaults left out. It leaves a text that Get refuses as it is.
func (r *Registry[T]) Canonical(text string) string {
	s, err := r.parse(text)
	switch {
	case err != nil:
		return text
	case s.String() == r.usual:
		return ""
	}
	return s.String()
}

func (r *Registry[T]) parse(text string) (Setting, error) {
	if text == "" {
		text = r.usual
	}
	s, err := Parse(text)
	if err != nil {
		return s, err
	}
	e, ok := r.entries[s.Name]
	if !ok {
		hint := ""
		if near := nearest.Of(s.Name, r.Names()); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		return s, fmt.Errorf("%q: unknown, expected one of %s%s", s.Name, strings.Join(r.Names(), ", "), hint)
	}
	return s.With(e.parameters...)
}
