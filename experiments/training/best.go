package training

import (
	"fmt"
	"strings"

	"r2unet/evaluate/measures"
	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// bestPrefix precedes the names of the best epoch's weights in a checkpoint. One file holds them and the present ones,
// so that no kill can separate them.
const bestPrefix = "best."

// Best is the finished epoch with the best value of the measure that the settings name, or else with the smallest
// validation loss; of equal ones the first.
type Best struct {
	Epoch          int      `json:"epoch"` // from 1; 0 = none yet
	ValidationLoss float64  `json:"validation_loss"`
	Measure        *float64 `json:"measure,omitempty"` // nil if the settings name none, or it is undefined
}

// worseThan reports whether an epoch is better by a measure, or by the loss if that is nil. An epoch that leaves the
// measure undefined, as one that predicts no foreground may, is worse than any that does not.
func (b Best) worseThan(e Epoch, by *measures.Measure) bool {
	switch {
	case b.Epoch == 0:
		return true
	case by == nil, b.Measure == nil && e.Selected == nil:
		return e.Validation.Loss < b.ValidationLoss
	case b.Measure == nil || e.Selected == nil:
		return b.Measure == nil
	case by.LowerIsBetter:
		return *e.Selected < *b.Measure
	}
	return *e.Selected > *b.Measure
}

// keepBest copies the network's weights after the validation of the best epoch so far, if the settings select them.
// Snapshots share the copy, which is never written to again.
func (t *Trainer) keepBest() error {
	if t.Settings.Select == "" {
		return nil
	}
	tensors, err := t.Net.TensorsInto(nil)
	if err != nil {
		return fmt.Errorf("copy the weights of the best epoch: %w", err)
	}
	t.Best = model.Weights(tensors)
	return nil
}

// withBest adds the weights of the best epoch to a state.
func withBest(state, best []checkpoint.Tensor) []checkpoint.Tensor {
	if best == nil {
		return state
	}
	all := append([]checkpoint.Tensor(nil), state...)
	for _, t := range best {
		t.Name = bestPrefix + t.Name
		all = append(all, t)
	}
	return all
}

// splitBest undoes withBest.
func splitBest(tensors []checkpoint.Tensor) (state, best []checkpoint.Tensor) {
	for _, t := range tensors {
		if name, ok := strings.CutPrefix(t.Name, bestPrefix); ok {
			t.Name = name
			best = append(best, t)
		} else {
			state = append(state, t)
		}
	}
	return state, best
}
