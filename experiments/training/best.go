package training

import (
	"fmt"
	"strings"

	"r2unet/experiments/matrix"
	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// bestPrefix precedes the names of the best epoch's weights in a checkpoint. One file holds them and the present ones,
// so that no kill can separate them.
const bestPrefix = "best."

// keepBest copies the network's weights after the validation of the best epoch so far, if the settings select them.
// Snapshots share the copy, which is never written to again.
func (t *Trainer) keepBest() error {
	if t.Settings.Select != matrix.SelectLoss {
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
