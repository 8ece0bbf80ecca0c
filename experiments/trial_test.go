package experiments

import (
	"math"
	"testing"

	"r2unet/experiments/matrix"
	"r2unet/experiments/search"
)

// TestLossesOfTrials: a search makes them small, whichever direction its measure has, and a trial that diverged has the
// largest of all, however good it was before.
func TestLossesOfTrials(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	for measure, want := range map[string]float64{"f1": -0.8, "loss": 0.8} {
		s := &matrix.Search{Measure: measure}
		losses := lossesOf(s, []*float64{value(0.8), nil})
		if losses[0] != want || !math.IsNaN(losses[1]) {
			t.Errorf("%s: %g", measure, losses)
		}
		study := &study{search: s}
		for _, diverged := range []bool{false, true} {
			found := Record{Trial: &Trial{Values: []*float64{value(0.8)}, Diverged: diverged}}
			study.add(&job{}, search.Point{0}, found)
		}
		if kept, gone := study.tried[0].Loss, study.tried[1].Loss; kept != want || !math.IsInf(gone, 1) {
			t.Errorf("%s: losses %g and, of the trial that diverged, %g", measure, kept, gone)
		}
	}
}
