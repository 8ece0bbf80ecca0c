package matrix

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/internal/nearest"
)

// extraMeasures are the names that the setting "measures" knows: what is measured on each test image only where it is asked for.
var extraMeasures = []struct {
	name  string
	apply func(*evaluate.Options)
}{
	{"hausdorff95", func(o *evaluate.Options) { o.Hausdorff = true }},
	{"cldice", func(o *evaluate.Options) { o.CentrelineDice = true }},
}

// Evaluation says what is measured in testing.
func (t Training) Evaluation() evaluate.Options {
	var o evaluate.Options
	for _, m := range extraMeasures {
		if slices.Contains(t.Measures, m.name) {
			m.apply(&o)
		}
	}
	return o
}

// checkMeasures reports the first name that is unknown or written twice.
func checkMeasures(names []string) error {
	var known []string
	for _, m := range extraMeasures {
		known = append(known, m.name)
	}
	for i, name := range names {
		if !slices.Contains(known, name) {
			hint := ""
			if near := nearest.Of(name, known); near != "" {
				hint = fmt.Sprintf("; did you mean %q?", near)
			}
			return fmt.Errorf("measures: %q: must be among %s%s", name, strings.Join(known, ", "), hint)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("measures: %q occurs twice", name)
		}
	}
	return nil
}
