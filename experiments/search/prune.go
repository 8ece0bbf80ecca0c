package search

import (
	"fmt"
	"math"
	"slices"

	"r2unet/internal/setting"
)

// NoPruning lets every trial train to its end.
const NoPruning = "none"

// Median stops a trial after an epoch at which its best value so far is worse than the median of the values that
// earlier trials had at that epoch: the rule of Golovin et al., "Google Vizier", KDD 2017, with values in place of
// running averages, as in Optuna's MedianPruner; but over all trials that came to that epoch, also those that were
// stopped there or later.
type Median struct {
	Trials int // that must have come to an epoch before any is stopped there
	Epochs int // that every trial is trained
}

// MedianParameters returns the parameters of the rule "median".
func MedianParameters() []setting.Parameter {
	return []setting.Parameter{setting.Whole("trials", 5, 1, 10_000), setting.Whole("epochs", 3, 1, 1<<30)}
}

// GetPruning returns the rule that a text such as "median(trials=5,epochs=3)" describes, nil for "none", and its
// canonical text.
func GetPruning(text string) (*Median, string, error) {
	s, err := setting.Parse(text)
	switch {
	case err != nil:
		return nil, "", err
	case s.Name == NoPruning:
		s, err = s.With()
		return nil, s.String(), err
	case s.Name != "median":
		known := []string{"median", NoPruning}
		return nil, "", fmt.Errorf("%q: unknown, expected median or none%s", s.Name, hint(s.Name, known))
	}
	s, err = s.With(MedianParameters()...)
	if err != nil {
		return nil, "", err
	}
	return &Median{Trials: int(s.Number("trials")), Epochs: int(s.Number("epochs"))}, s.String(), nil
}

// Stops reports whether a trial stops after its last epoch. Losses are of every epoch, the smaller the better, NaN
// where there is no value; earlier has those of the earlier trials.
func (m *Median) Stops(losses []float64, earlier [][]float64) bool {
	epoch := len(losses)
	if m == nil || epoch < m.Epochs {
		return false
	}
	var there []float64
	for _, other := range earlier {
		if len(other) >= epoch {
			there = append(there, orWorst(other[epoch-1]))
		}
	}
	if len(there) < m.Trials {
		return false
	}
	return Best(losses) > median(there)
}

// Best returns the smallest loss; +Inf if there is none.
func Best(losses []float64) float64 {
	best := math.Inf(1)
	for _, v := range losses {
		best = min(best, orWorst(v))
	}
	return best
}

func orWorst(v float64) float64 {
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

// median returns the median of values, of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
