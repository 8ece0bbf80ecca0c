package matrix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"r2unet/datasets"
)

// Selection picks runs: every condition must hold.
type Selection []condition

// condition holds where the run's property has one of the values.
type condition struct {
	key    string
	values []string
}

// properties are what a Selection can ask for, as text.
var properties = map[string]func(Run) string{
	"dataset": func(r Run) string { return r.Dataset.Name },
	"arch":    func(r Run) string { return r.Architecture.Name },
	"block":   func(r Run) string { return r.Architecture.Block },
	"t":       func(r Run) string { return strconv.Itoa(r.Architecture.T) },
	"weights": func(r Run) string { return string(r.Architecture.Weights) },
	"norm":    func(r Run) string { return string(r.Architecture.Norm) },
	"fold":    func(r Run) string { return strconv.Itoa(r.Fold) },
	"seed":    func(r Run) string { return strconv.FormatUint(r.Seed, 10) },
}

// ParseSelection reads "dataset=DRIVE,arch=R2U-Net|U-Net,t=2": conditions separated by commas, alternatives
// by bars. Upper and lower case are alike. An empty text selects everything.
func ParseSelection(text string) (Selection, error) {
	var s Selection
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for _, part := range strings.Split(text, ",") {
		key, values, found := strings.Cut(part, "=")
		key, values = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(values)
		if !found || values == "" {
			return nil, fmt.Errorf("-only: %q is no condition: write key=value, with key one of %s", part, strings.Join(sortedKeys(properties), ", "))
		}
		if properties[key] == nil {
			hint := "the keys are " + strings.Join(sortedKeys(properties), ", ")
			if near := nearest(key, sortedKeys(properties)); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return nil, fmt.Errorf("-only: unknown key %q; %s", key, hint)
		}
		s = append(s, condition{key, strings.Split(values, "|")})
	}
	return s, nil
}

// Match says whether every condition holds for r.
func (s Selection) Match(r Run) bool {
	for _, c := range s {
		if !slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(strings.TrimSpace(v), properties[c.key](r)) }) {
			return false
		}
	}
	return true
}

// Datasets keeps the datasets on which a selected run may be, so that no other has to be opened. It reports a dataset that is
// asked for and not there.
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
	return kept, nil
}

// Check reports the first condition that none of the runs meets, and which values there are.
func (s Selection) Check(runs []Run) error {
	for _, c := range s {
		var there []string
		for _, r := range runs {
			if value := properties[c.key](r); !slices.Contains(there, value) {
				there = append(there, value)
			}
		}
		for _, v := range c.values {
			v = strings.TrimSpace(v)
			if slices.ContainsFunc(there, func(t string) bool { return strings.EqualFold(t, v) }) {
				continue
			}
			return fmt.Errorf("-only: no run of this profile has %s=%s; there are %s", c.key, v, strings.Join(there, ", "))
		}
	}
	return nil
}
