package training

import (
	"context"
	"errors"
	"fmt"
)

// ErrDiverged is wrapped by errors about a loss or a state that is not finite.
var ErrDiverged = errors.New("training has diverged; try a smaller learning-rate")

// diverged returns the error for a loss that is not finite. It names the step and the first operator whose result is
// not finite, or says that the state before the step was not finite already.
func (t *Trainer) diverged(ctx context.Context, loss float64) error {
	err := fmt.Errorf("the loss became %g at step %d of epoch %d (update %d): %w",
		loss, t.At.Step+1, t.At.Epoch+1, t.At.Updates+1, ErrDiverged)
	operator, failure := t.firstOperator(ctx)
	switch {
	case errors.Is(failure, ErrDiverged):
		return failure
	case failure != nil:
		return fmt.Errorf("%w; the operator could not be found: %w", err, failure)
	case operator == "":
		return fmt.Errorf("%w; every operator's result is finite on the reference device", err)
	}
	return fmt.Errorf("%w; the first operator whose result is not finite: %s", err, operator)
}

// firstOperator restores the last consistent state, replays the steps since then, which gives the same bits, and
// examines the failing step.
func (t *Trainer) firstOperator(ctx context.Context) (string, error) {
	sound := t.snapshots.last
	if sound.Position.Epoch != t.At.Epoch {
		return "", errors.New("the last sound state is of another epoch")
	}
	if err := t.Net.Restore(sound.Tensors); err != nil {
		return "", err
	}
	step := sound.Position.Step
	for batch, err := range t.batches(ctx, t.Train, t.At.Epoch, step) {
		if err != nil {
			return "", err
		}
		if step == t.At.Step {
			before, err := t.Net.TensorsInto(nil)
			if err != nil {
				return "", err
			}
			if err := (Snapshot{Position: t.At, Tensors: before}).sound(); err != nil {
				return "", err
			}
			return t.Net.FirstNotFinite(ctx, batch)
		}
		if err := t.start(ctx, batch, step-t.At.Step); err != nil {
			return "", err
		}
		if _, err := t.Net.Collect(true); err != nil {
			return "", err
		}
		step++
	}
	return "", errors.New("the epoch ends before the step")
}
