package experiments

import (
	"errors"
	"math"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/experiments/matrix"
	"r2unet/experiments/search"
	"r2unet/experiments/training"
)

// Trial is what the record of a run keeps for the search that it is a trial of.
type Trial struct {
	Values   []*float64 `json:"values"`             // of the search's measure after each epoch; nil = undefined
	Pruned   int        `json:"pruned,omitempty"`   // epoch after which the search stopped it, from 1; 0 = it did not
	Diverged bool       `json:"diverged,omitempty"` // its loss was not finite; it is not tried again
}

// trial is a job's place in a search.
type trial struct {
	search  *matrix.Search
	pruning *search.Median // nil = none
	earlier [][]float64    // losses of the earlier trials after each epoch, smaller is better, NaN where undefined
}

// valuesOf returns the values of a search's measure after each epoch.
func valuesOf(s *matrix.Search, h training.History) []*float64 {
	values := make([]*float64, len(h))
	for i, e := range h {
		values[i] = e.Selected
		if s.Measure == matrix.SelectLoss {
			values[i] = &h[i].Validation.Loss
		}
	}
	return values
}

// lossesOf turns values so that smaller is better, with NaN where there is none.
func lossesOf(s *matrix.Search, values []*float64) []float64 {
	losses := make([]float64, len(values))
	for i, v := range values {
		switch {
		case v == nil:
			losses[i] = math.NaN()
		case s.LowerIsBetter():
			losses[i] = *v
		default:
			losses[i] = -*v
		}
	}
	return losses
}

// stops reports whether the search stops the trial after these epochs.
func (t *trial) stops(h training.History) bool {
	return t.pruning.Stops(lossesOf(t.search, valuesOf(t.search, h)), t.earlier)
}

// trial returns what the record keeps for a search; nil if the run is no trial.
func (r *runner) trial(cause error) *Trial {
	if r.job.trial == nil {
		return nil
	}
	t := &Trial{
		Values:   valuesOf(r.job.trial.search, r.trainer.At.History),
		Diverged: errors.Is(cause, training.ErrDiverged),
	}
	if r.trainer.Pruned() {
		t.Pruned = r.trainer.At.Epoch
	}
	return t
}

// ended reports whether a record is that of a trial that needs no more training.
func (r Record) ended() bool {
	return r.Trial != nil && (r.Result.Status == evaluate.Finished || r.Trial.Diverged)
}

// measureName returns the name and the decimals of a search's measure.
func measureName(s *matrix.Search) (name string, decimals int) {
	if m := (matrix.Training{Select: s.Measure}).Selected(); m != nil {
		return m.Name, m.ShownDecimals()
	}
	return "validation loss", measures.F1.ShownDecimals()
}
