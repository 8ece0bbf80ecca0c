// Package setting reads the settings of the TOML file that have a name and parameters: losses, schedules, optimizers.
//
//	schedule = "cosine(cycles=3, final=1e-5)"
//
// A name alone is a setting whose parameters have their defaults. String gives the canonical text, from which a run's
// identity is computed: without spaces, parameters in alphabetical order, defaults left out.
package setting

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"r2unet/internal/nearest"
)

// Setting is a name with the parameters that differ from their defaults or, before With, that are written.
type Setting struct {
	Name    string
	written map[string]string // canonical values by key
	known   map[string]Parameter
}

// Parse parses a setting. Names and keys are lower-case letters, digits and hyphens, and begin with a letter. Which of
// them there are is checked by With.
func Parse(text string) (Setting, error) {
	text = strings.TrimSpace(text)
	name, rest, parameters := strings.Cut(text, "(")
	s := Setting{Name: strings.TrimSpace(name), written: map[string]string{}}
	if !word(s.Name) {
		return Setting{}, fmt.Errorf("%q: expected a name, or a name with parameters such as name(key=value, "+
			"key=value)", text)
	}
	if !parameters {
		return s, nil
	}
	inside, ok := strings.CutSuffix(rest, ")")
	if !ok || strings.ContainsAny(inside, "()") {
		return Setting{}, fmt.Errorf("%q: expected one pair of parentheses, which ends the text", text)
	}
	if strings.TrimSpace(inside) == "" {
		return s, nil
	}
	for part := range strings.SplitSeq(inside, ",") {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || !word(key) || value == "" || strings.ContainsAny(value, "= \t\r\n") {
			return Setting{}, fmt.Errorf("%q: %q is not of the form key=value", text, strings.TrimSpace(part))
		}
		if _, twice := s.written[key]; twice {
			return Setting{}, fmt.Errorf("%q: %s occurs twice", text, key)
		}
		s.written[key] = canonical(value)
	}
	return s, nil
}

// word reports whether text may be a name or a key.
func word(text string) bool {
	for i, c := range text {
		letter, digit := 'a' <= c && c <= 'z', '0' <= c && c <= '9'
		if !letter && (i == 0 || !digit && c != '-') {
			return false
		}
	}
	return text != ""
}

// canonical returns the one way to write a number, or each of a list, and leaves all else as it is.
func canonical(value string) string {
	parts := strings.Split(value, separator)
	for i, part := range parts {
		if v, err := strconv.ParseFloat(part, 64); err == nil {
			parts[i] = format(v)
		}
	}
	return strings.Join(parts, separator)
}

func format(v float64) string { return strconv.FormatFloat(v+0, 'g', -1, 64) } // +0: there is no −0

// Split splits text at a separator outside of parentheses: the terms of a sum of settings.
func Split(text string, separator byte) []string {
	var parts []string
	depth, start := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case separator:
			if depth <= 0 {
				parts, start = append(parts, text[start:i]), i+1
			}
		}
	}
	return append(parts, text[start:])
}

// With checks the parameters against those that the setting's name has, and returns the setting with their defaults.
// The error names what there is.
func (s Setting) With(parameters ...Parameter) (Setting, error) {
	known := map[string]Parameter{}
	for _, p := range parameters {
		known[p.Key] = p
	}
	out := Setting{Name: s.Name, written: map[string]string{}, known: known}
	for _, key := range slices.Sorted(maps.Keys(s.written)) {
		p, ok := known[key]
		if !ok {
			return Setting{}, unknown(s.Name, key, known)
		}
		value := s.written[key]
		if err := p.check(value); err != nil {
			return Setting{}, fmt.Errorf("%s: %w", s.Name, err)
		}
		if value != p.Default {
			out.written[key] = value
		}
	}
	for _, p := range parameters {
		if _, ok := out.written[p.Key]; !ok && p.Default == "" {
			return Setting{}, fmt.Errorf("%s: the parameter %s is missing: %s", s.Name, p.Key, p.Expected())
		}
	}
	return out, nil
}

func unknown(name, key string, known map[string]Parameter) error {
	if len(known) == 0 {
		return fmt.Errorf("%s has no parameters, but %s is given", name, key)
	}
	keys := slices.Sorted(maps.Keys(known))
	hint := ""
	if near := nearest.Of(key, keys); near != "" {
		hint = fmt.Sprintf(" (did you mean %s?)", near)
	}
	return fmt.Errorf("%s has no parameter %q%s; there are: %s", name, key, hint, strings.Join(keys, ", "))
}

// String returns the canonical text.
func (s Setting) String() string {
	if len(s.written) == 0 {
		return s.Name
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.written)) {
		parts = append(parts, key+"="+s.written[key])
	}
	return s.Name + "(" + strings.Join(parts, ",") + ")"
}

// Has reports whether the setting has a parameter of this key.
func (s Setting) Has(key string) bool {
	_, ok := s.known[key]
	return ok
}

// Word returns a parameter's value as text. It panics if With was not given such a parameter.
func (s Setting) Word(key string) string {
	p, ok := s.known[key]
	if !ok {
		panic(fmt.Sprintf("setting %s: the parameter %s was not declared", s.Name, key))
	}
	if value, ok := s.written[key]; ok {
		return value
	}
	return p.Default
}

// Number returns a parameter's value as a number, and 0 if it is a word. It panics if With was not given such a
// parameter.
func (s Setting) Number(key string) float64 {
	v, err := strconv.ParseFloat(s.Word(key), 64)
	if err != nil {
		return 0
	}
	return v
}

// Whole returns a parameter's value as a whole number, like Number.
func (s Setting) Whole(key string) int { return int(s.Number(key)) }

// Wholes returns the whole numbers of a list. It panics like Number.
func (s Setting) Wholes(key string) []int {
	var all []int
	for part := range strings.SplitSeq(s.Word(key), separator) {
		v, _ := strconv.ParseFloat(part, 64) // With has checked it
		all = append(all, int(v))
	}
	return all
}
