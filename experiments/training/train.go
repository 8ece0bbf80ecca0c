// Package training trains a network over the epochs of a run. A run can be stopped at any moment and resumed to the
// same bits: the package holds the training loop, the state of a run, and the checkpoints that store it.
package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/experiments/schedules"
	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// Trainer trains a network from the run's current position to the end of the last epoch.
type Trainer struct {
	Net        Network
	Settings   matrix.Training
	Train      datasets.Source
	Validation datasets.Source
	Workers    int // goroutines that prepare samples; changes no result
	Multiple   int // of which the network needs sides, px; whole images are padded to it

	At       Position            // the run's current position; Net has the matching state
	Best     []checkpoint.Tensor // weights of At.Best; nil if the settings do not select them
	Saver    *Saver
	Observer Observer
	Now      func() time.Time // the clock

	// Prune reports whether training ends early, given the finished epochs; nil = never. It must be a function of them
	// alone, so that a resumed run ends after the same epoch.
	Prune func(History) bool

	schedule  schedules.Schedule
	snapshots snapshots
	pending   pending // steps in flight: the network's state is ahead of At by that many
	slow      bool    // the last step took longer than longStep
	broken    bool    // a step was cancelled or failed, so the network's state must not be used
}

// Run trains the remaining epochs. When the context ends, it stops between two steps, or within a step if steps are
// long; Stopped then returns the state to save.
func (t *Trainer) Run(ctx context.Context) error {
	if err := t.begin(); err != nil {
		return err
	}
	late, cancel := withGrace(ctx, grace)
	defer cancel()
	for !t.At.Done(t.Settings) && !t.Pruned() {
		for batch, err := range t.batches(ctx, t.Train, t.At.Epoch, t.At.Step) {
			if err != nil {
				return fmt.Errorf("prepare batch %d of epoch %d: %w", t.next(), t.At.Epoch+1, err)
			}
			if err := t.step(late, batch); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := t.checkpoint(late); err != nil {
				return err
			}
		}
		if err := t.collect(late, true, t.Now()); err != nil {
			return err
		}
		epoch, err := t.validate(ctx)
		if err != nil {
			return err
		}
		if err := t.finishEpoch(epoch); err != nil {
			return err
		}
		if err := t.checkpoint(late); err != nil {
			return err
		}
	}
	return nil
}

// Pruned reports whether training has ended early because of Prune.
func (t *Trainer) Pruned() bool {
	return t.Prune != nil && t.At.Epoch > 0 && !t.At.Done(t.Settings) && t.Prune(t.At.History)
}

// begin looks up the schedule and takes the first snapshot.
func (t *Trainer) begin() (err error) {
	t.pending, t.snapshots = pending{net: t.Net}, snapshots{net: t.Net, saver: t.Saver}
	if t.schedule, err = schedules.Get(t.Settings.Schedule); err != nil {
		return fmt.Errorf("schedule = %w", err)
	}
	warmup, err := schedules.ParseWarmup(t.Settings.Warmup)
	if err != nil {
		return fmt.Errorf("warmup = %w", err)
	}
	t.schedule = warmup.Before(t.schedule)
	return t.snapshots.allocate(t.At, t.Best)
}

// step starts a training step and collects the metrics of the finished ones.
func (t *Trainer) step(ctx context.Context, batch model.Batch) error {
	start := t.Now()
	t.broken = true
	if err := t.start(ctx, batch, t.pending.len()); err != nil {
		return fmt.Errorf("step %d of epoch %d: %w", t.next(), t.At.Epoch+1, err)
	}
	t.broken = false
	t.pending.add(batch.N)
	return t.collect(ctx, false, start)
}

// next returns the number, from 1 in its epoch, of the step that will be started next.
func (t *Trainer) next() int { return t.At.Step + t.pending.len() + 1 }

// collect advances the position past the finished steps, or past all steps in flight if wait is true. A loss that is
// not finite ends the run, no matter how many steps were started since.
func (t *Trainer) collect(ctx context.Context, wait bool, start time.Time) error {
	steps, err := t.pending.collect(wait, start, t.Now)
	if err != nil {
		t.broken = true
		return fmt.Errorf("step %d of epoch %d: %w", t.At.Step+1, t.At.Epoch+1, err)
	}
	for _, s := range steps {
		if !finite(s.Loss) {
			t.broken = true
			return errors.Join(t.pending.drop(), t.diverged(ctx, s.Loss))
		}
		t.slow = s.took > longStep
		t.At.Step++
		if t.updates(t.At.Step) {
			t.At.Updates++
		}
		t.At.Sums.add(s.Metrics, s.samples)
		t.Observer.Stepped(s.step(progress.Train, t.At.Step, t.steps(t.Train)))
	}
	return nil
}

// finishEpoch advances the position past the epoch in progress, whose validation was measured.
func (t *Trainer) finishEpoch(e Epoch) error {
	e.Train, e.Rate = t.At.Sums.mean(), t.rate(t.At.Step-1)
	t.At.History = append(t.At.History, e)
	t.At.Epoch++
	t.At.Step, t.At.Sums = 0, Sums{}
	if t.At.Best.worseThan(e, t.Settings.Selected()) {
		t.At.Best = Best{Epoch: t.At.Epoch, ValidationLoss: e.Validation.Loss, Measure: e.Selected}
		if err := t.keepBest(); err != nil {
			return err
		}
	}
	t.Saver.owe()
	t.Observer.EpochEnded(t.At.History)
	return nil
}

// checkpoint takes a snapshot and starts writing it if one is due and the disk is ready. If steps are long, it takes a
// snapshot before each step. It first waits for the metrics of all steps that are part of the state.
func (t *Trainer) checkpoint(ctx context.Context) error {
	due, err := t.Saver.due()
	if err != nil || !due && !t.slow {
		return err
	}
	if err := t.collect(ctx, true, t.Now()); err != nil {
		return err
	}
	if err := t.snapshots.take(t.At, t.Best); err != nil || !due {
		return err
	}
	return t.snapshots.save()
}

// Stopped returns the newest consistent state after Run has returned.
func (t *Trainer) Stopped() (Snapshot, error) {
	if !t.broken && t.collect(context.Background(), true, t.Now()) == nil {
		if err := t.snapshots.take(t.At, t.Best); err != nil {
			return Snapshot{}, err
		}
	}
	return t.snapshots.last, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
