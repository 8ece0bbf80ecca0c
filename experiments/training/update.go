package training

import (
	"context"

	"r2unet/experiments/schedules"
	"r2unet/internal/model"
)

// start starts the step that is `ahead` steps after At; in a replay it is negative. It ends with an update of the
// weights, or only adds its gradient to those of the next update.
func (t *Trainer) start(ctx context.Context, batch model.Batch, ahead int) error {
	if step := t.At.Step + ahead; t.updates(step + 1) {
		return t.Net.StartTrain(ctx, batch, t.rate(step))
	}
	return t.Net.StartAccumulate(ctx, batch)
}

// updates reports whether a step of an epoch, counted from 1, ends with an update: each that completes the batches of
// an update, and the last.
func (t *Trainer) updates(step int) bool {
	return step%t.accumulate() == 0 || step == t.steps(t.Train)
}

// accumulate returns the number of batches of an update.
func (t *Trainer) accumulate() int { return max(t.Settings.Accumulate, 1) }

// rate returns the learning rate of the update to which a step of the epoch in progress belongs, counted from 0.
func (t *Trainer) rate(step int) float64 {
	each := (t.steps(t.Train) + t.accumulate() - 1) / t.accumulate() // updates of an epoch
	p := schedules.Position{
		Base: t.Settings.LearningRate, Epoch: t.At.Epoch, Epochs: t.Settings.Epochs,
		Update: t.At.Epoch*each + step/t.accumulate(), Updates: t.Settings.Epochs * each,
	}
	for _, e := range t.At.History {
		p.Validation = append(p.Validation, e.Validation.Loss)
	}
	return t.schedule(p)
}
