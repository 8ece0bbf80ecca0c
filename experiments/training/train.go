// Package training takes a network through the epochs of a run, in a way that can be stopped at any moment and gone on
// with to the same bits: the training loop, the state of a run, and the checkpoints that hold it.
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

// Trainer takes a network from where its run stands to the end of the last epoch.
type Trainer struct {
	Net        Network
	Settings   matrix.Training
	Train      datasets.Source
	Validation datasets.Source
	Workers    int // goroutines that prepare samples; changes no result

	At       Position            // where the run stands; Net has the state that belongs to it
	Best     []checkpoint.Tensor // weights of At.Best; nil where the settings do not select them
	Saver    *Saver
	Observer Observer
	Now      func() time.Time // the clock

	schedule  schedules.Schedule
	snapshots snapshots
	pending   pending // steps in flight: the network's state is that many steps ahead of At
	slow      bool    // the last step was longer than longStep
	broken    bool    // a step was cancelled or failed, so that the network's state is not to be used
}

// Run trains all epochs that are left. When the context ends, it stops between two steps, or, where a step is long,
// within it; Stopped then has the state to be saved.
func (t *Trainer) Run(ctx context.Context) error {
	if err := t.begin(); err != nil {
		return err
	}
	late, cancel := withGrace(ctx, grace)
	defer cancel()
	for t.At.Epoch < t.Settings.Epochs {
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
		validation, err := t.validate(ctx)
		if err != nil {
			return err
		}
		if err := t.finishEpoch(validation); err != nil {
			return err
		}
		if err := t.checkpoint(late); err != nil {
			return err
		}
	}
	return nil
}

// begin finds the schedule and takes the first snapshot.
func (t *Trainer) begin() (err error) {
	t.pending, t.snapshots = pending{net: t.Net}, snapshots{net: t.Net, saver: t.Saver}
	if t.schedule, err = schedules.Get(t.Settings.Schedule); err != nil {
		return fmt.Errorf("schedule = %w", err)
	}
	return t.snapshots.allocate(t.At, t.Best)
}

// step starts a step of training, and takes in the metrics of those that are done.
func (t *Trainer) step(ctx context.Context, batch model.Batch) error {
	start := t.Now()
	t.broken = true
	if err := t.Net.StartTrain(ctx, batch, t.rate(t.pending.len())); err != nil {
		return fmt.Errorf("step %d of epoch %d: %w", t.next(), t.At.Epoch+1, err)
	}
	t.broken = false
	t.pending.add(batch.N)
	return t.collect(ctx, false, start)
}

// next is the number of the step that is to be started, from 1 in its epoch.
func (t *Trainer) next() int { return t.At.Step + t.pending.len() + 1 }

// rate is the learning rate of the update that is `ahead` of where the run stands; in a replay it is behind.
func (t *Trainer) rate(ahead int) float64 {
	p := schedules.Position{
		Base: t.Settings.LearningRate, Epoch: t.At.Epoch, Epochs: t.Settings.Epochs,
		Update: t.At.Updates + ahead, Updates: t.Settings.Epochs * t.steps(t.Train),
	}
	for _, e := range t.At.History {
		p.Validation = append(p.Validation, e.Validation.Loss)
	}
	return t.schedule(p)
}

// collect moves the position past the steps that are done, or with wait past all that are in flight. A loss that is not
// finite ends the run, however many steps were started since.
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
		t.At.Updates++
		t.At.Sums.Add(s.Metrics, s.samples)
		t.Observer.Stepped(s.step(progress.Train, t.At.Step, t.steps(t.Train)))
	}
	return nil
}

// finishEpoch moves the position past the epoch in progress.
func (t *Trainer) finishEpoch(validation Metrics) error {
	t.At.History = append(t.At.History, Epoch{Train: t.At.Sums.Mean(), Validation: validation})
	t.At.Epoch++
	t.At.Step, t.At.Sums = 0, Sums{}
	if best := t.At.Best; best.Epoch == 0 || validation.Loss < best.ValidationLoss {
		t.At.Best = Best{Epoch: t.At.Epoch, ValidationLoss: validation.Loss}
		if err := t.keepBest(); err != nil {
			return err
		}
	}
	t.Saver.owe()
	t.Observer.EpochEnded(t.At.History)
	return nil
}

// checkpoint takes a snapshot and begins to write it, where it is time for that and the disk is ready, and takes one
// ahead of each step where steps are long. Before, it waits for the metrics of all steps that the state has seen.
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

// Stopped is the newest state that is sound, after Run has returned.
func (t *Trainer) Stopped() (Snapshot, error) {
	if !t.broken && t.collect(context.Background(), true, t.Now()) == nil {
		if err := t.snapshots.take(t.At, t.Best); err != nil {
			return Snapshot{}, err
		}
	}
	return t.snapshots.last, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
