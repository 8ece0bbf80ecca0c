package training

import (
	"context"
	"errors"
	"fmt"
	"time"

	"r2unet/experiments/progress"
)

// validate returns an epoch with what is measured on the validation samples, which are the same in every epoch.
func (t *Trainer) validate(ctx context.Context) (e Epoch, err error) {
	running := pending{net: t.Net}
	defer func() { _ = running.drop() }() // an error of the device has ended validation already
	var sums Sums
	pixels := newTally(t.Settings.Selected())
	defer func() { err = errors.Join(err, pixels.close()) }()
	done, started := 0, 0
	collect := func(wait bool, start time.Time) error {
		steps, err := running.collect(wait, start, t.Now)
		if err != nil {
			return fmt.Errorf("validation after epoch %d: %w", t.At.Epoch+1, err)
		}
		for _, s := range steps {
			done++
			sums.add(s.Metrics, s.samples)
			t.Observer.Stepped(s.step(progress.Validate, done, t.steps(t.Validation)))
		}
		return nil
	}
	for batch, err := range t.batches(ctx, t.Validation, 0, 0) {
		started++
		if err != nil {
			return Epoch{}, fmt.Errorf("prepare validation batch %d: %w", started, err)
		}
		start := t.Now()
		if err := t.Net.StartEvaluate(ctx, batch); err != nil {
			return Epoch{}, fmt.Errorf("validation after epoch %d: %w", t.At.Epoch+1, err)
		}
		running.add(batch.N)
		probabilities, err := t.Net.Probabilities()
		if err == nil {
			err = pixels.add(batch, probabilities)
		}
		if err != nil {
			return Epoch{}, fmt.Errorf("validation after epoch %d: %w", t.At.Epoch+1, err)
		}
		if err := collect(false, start); err != nil {
			return Epoch{}, err
		}
		if err := ctx.Err(); err != nil {
			return Epoch{}, err
		}
	}
	if err := collect(true, t.Now()); err != nil {
		return Epoch{}, err
	}
	mean := sums.mean()
	if !finite(mean.Loss) { // no history can hold it
		return Epoch{}, fmt.Errorf("the validation loss became %g after epoch %d: %w",
			mean.Loss, t.At.Epoch+1, ErrDiverged)
	}
	e = Epoch{Validation: mean, Counts: &pixels.counts}
	if e.Selected, err = pixels.measure(); err != nil {
		return Epoch{}, fmt.Errorf("measure %s after epoch %d: %w", pixels.selected.Name, t.At.Epoch+1, err)
	}
	return e, nil
}
