package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/internal/nearest"
)

// Selection picks runs: every condition must hold.
type Selection []condition

// condition holds if one of the names of the run's property is among the values.
type condition struct {
	key    string
	values []string
}

// properties are the keys of conditions, each with a run's names for it: "R2U-Net", "R2U-Net t=2" and "R2U-Net t=2
// shared" are names of one network, as in an experiment. Each facet of a network is a property, and each key of
// training.
var properties = func() map[string]func(Run) []string {
	all := map[string]func(Run) []string{
		"dataset": func(r Run) []string { return []string{r.Dataset.Name} },
		"arch":    func(r Run) []string { return references(r.Architecture) },
		"fold":    func(r Run) []string { return []string{strconv.Itoa(r.Fold)} },
		"seed":    func(r Run) []string { return []string{strconv.FormatUint(r.Seed, 10)} },
	}
	for i, f := range (arch.Config{}).Facets() {
		all[f.Key] = func(r Run) []string { return []string{r.Architecture.Facets()[i].Value} }
	}
	for _, key := range gridKeys {
		all[key] = func(r Run) []string {
			return []string{r.Training.text(key)}
		}
	}
	return all
}()

// SelectionKeys lists the keys of conditions.
func SelectionKeys() string { return strings.Join(sortedKeys(properties), ", ") }

// otherWords are common words for a property that are spelled differently from its key.
var otherWords = map[string]string{
	"architecture": "arch", "network": "arch", "model": "arch", "name": "arch", "experiment": "arch",
	"data": "dataset", "steps": "t",
}

// ParseSelection reads "dataset=DRIVE,arch=R2U-Net t=2|U-Net,norm=batch": conditions separated by commas, alternatives
// by bars. Case is ignored. An empty text selects everything.
func ParseSelection(text string) (Selection, error) {
	var s Selection
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for _, part := range splitOutside(text) {
		key, values, found := strings.Cut(part, "=")
		key, values = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(values)
		if !found || values == "" {
			return nil, fmt.Errorf("-only: %q is not a condition: write key=value, with key one of %s",
				part, SelectionKeys())
		}
		if properties[key] == nil {
			hint := ""
			if near := cmp.Or(otherWords[key], nearest.Of(key, sortedKeys(properties))); near != "" {
				hint = fmt.Sprintf("did you mean %q? ", near)
			}
			return nil, fmt.Errorf("-only: unknown key %q; %sThe keys are %s", key, hint, SelectionKeys())
		}
		alternatives := strings.Split(values, "|")
		if slices.Contains(gridKeys, key) {
			for i, v := range alternatives {
				alternatives[i] = usual(key, v)
			}
		}
		s = append(s, condition{key, alternatives})
	}
	return s, nil
}

// splitOutside splits a text at commas outside parentheses: "loss=focal(gamma=2, alpha=0.5)" is one part.
func splitOutside(text string) (parts []string) {
	depth, start := 0, 0
	for i, c := range text {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case c == ',' && depth == 0:
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	return append(parts, text[start:])
}

// has reports whether one of the names equals a text, ignoring case and repeated spaces, or is the same number.
func has(names []string, text string) bool {
	one := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return slices.ContainsFunc(names, func(name string) bool {
		a, notA := strconv.ParseFloat(name, 64)
		b, notB := strconv.ParseFloat(strings.TrimSpace(text), 64)
		return strings.EqualFold(one(name), one(text)) || notA == nil && notB == nil && a == b
	})
}

// Match reports whether every condition holds for r.
func (s Selection) Match(r Run) bool {
	for _, c := range s {
		if !slices.ContainsFunc(c.values, func(v string) bool { return has(properties[c.key](r), v) }) {
			return false
		}
	}
	return true
}

// Datasets returns the datasets that selected runs may use, so that others need not be opened. An unknown dataset is an
// error.
func (s Selection) Datasets(configs []datasets.Config) ([]datasets.Config, error) {
	var runs []Run
	for _, c := range configs {
		runs = append(runs, Run{Dataset: c})
	}
	var only Selection
	for _, c := range s {
		if c.key == "dataset" {
			only = append(only, c)
		}
	}
	if err := only.Check(runs); err != nil {
		return nil, err
	}
	var kept []datasets.Config
	for _, r := range runs {
		if only.Match(r) {
			kept = append(kept, r.Dataset)
		}
	}
	if len(kept) == 0 {
		return nil, errNone
	}
	return kept, nil
}

// errNone is the error for conditions that exclude each other.
var errNone = errors.New("-only: no run meets all conditions at once")

// Select returns the indices of the selected runs, or an error if there are none.
func (s Selection) Select(runs []Run) (selected []int, err error) {
	if err := s.Check(runs); err != nil {
		return nil, err
	}
	for i, r := range runs {
		if s.Match(r) {
			selected = append(selected, i)
		}
	}
	if len(selected) == 0 {
		return nil, errNone
	}
	return selected, nil
}

// Check returns an error for the first condition that no run meets; it lists the values there are.
func (s Selection) Check(runs []Run) error {
	for _, c := range s {
		var there []string
		for _, r := range runs {
			for _, name := range properties[c.key](r) {
				if !slices.Contains(there, name) {
					there = append(there, name)
				}
			}
		}
		for _, v := range c.values {
			if !has(there, v) {
				return fmt.Errorf("-only: no run of this profile has %s=%s; there are %s",
					c.key, strings.TrimSpace(v), strings.Join(there, ", "))
			}
		}
	}
	return nil
}
