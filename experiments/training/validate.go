package training

import (
	"context"
	"fmt"
	"time"

	"r2unet/experiments/progress"
)

// validate measures the network on the validation samples, which are the same in every epoch.
func (t *Trainer) validate(ctx context.Context) (Metrics, tally, error) {
	running := pending{net: t.Net}
	defer func() { _ = running.drop() }() // an error of the device has ended validation already
	var sums Sums
	var pixels tally
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
			return Metrics{}, pixels, fmt.Errorf("prepare validation batch %d: %w", started, err)
		}
		start := t.Now()
		if err := t.Net.StartEvaluate(ctx, batch); err != nil {
			return Metrics{}, pixels, fmt.Errorf("validation after epoch %d: %w", t.At.Epoch+1, err)
		}
		running.add(batch.N)
		probabilities, err := t.Net.Probabilities()
		if err == nil {
			err = pixels.add(batch, probabilities)
		}
		if err != nil {
			return Metrics{}, pixels, fmt.Errorf("validation after epoch %d: %w", t.At.Epoch+1, err)
		}
		if err := collect(false, start); err != nil {
			return Metrics{}, pixels, err
		}
		if err := ctx.Err(); err != nil {
			return Metrics{}, pixels, err
		}
	}
	if err := collect(true, t.Now()); err != nil {
		return Metrics{}, pixels, err
	}
	mean := sums.mean()
	if !finite(mean.Loss) { // no history can hold it
		return mean, pixels, fmt.Errorf("the validation loss became %g after epoch %d: %w",
			mean.Loss, t.At.Epoch+1, errDiverged)
	}
	return mean, pixels, nil
}
