package matrix

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/internal/nearest"
)

// Evaluation returns the options of testing. Measures must have passed checkMeasures.
func (t Training) Evaluation() evaluate.Options {
	var o evaluate.Options
	for _, m := range measures.All() {
		if slices.Contains(t.Measures, m.ID) {
			o.Extra = append(o.Extra, m)
		}
	}
	return o
}

// Selected returns the measure that selects the epoch whose weights are tested; nil if that is the last epoch or the
// one with the smallest validation loss.
func (t Training) Selected() *measures.Measure {
	for _, m := range measures.All() {
		if m.ID == t.Select {
			return m
		}
	}
	return nil
}

// selectable lists what select may be.
func selectable() []string {
	names := []string{selectLast, SelectLoss, selectDice}
	for _, m := range measures.All() {
		names = append(names, m.ID)
	}
	return names
}

// checkMeasures returns an error for the first unknown or repeated name.
func checkMeasures(names []string) error {
	var known []string // on request; the others are always taken
	for _, m := range measures.All() {
		if m.OnRequest {
			known = append(known, m.ID)
		}
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
