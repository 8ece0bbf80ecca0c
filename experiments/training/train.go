// Package training takes a network through the epochs of a run, in a way that can be stopped at any moment and gone on with to the
// same bits: the training loop, the state of a run, and the checkpoints that hold it.
package training

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/experiments/schedules"
	"r2unet/internal/checkpoint"
)

// Trainer takes a network from where its run stands to the end of the last epoch.
type Trainer struct {
	Net        Network
	Settings   matrix.Training
	Train      datasets.Source
	Validation datasets.Source
	Workers    int // goroutines that prepare samples; changes no result

	At     Position            // where the run stands; Net has the state that belongs to it
	Best   []checkpoint.Tensor // weights of At.Best; nil where the settings do not select them
	Saver  *Saver
	Record func(History)                                               // called at the end of each epoch
	Report func(phase progress.Phase, step, steps int)                 // called after each step
	Spent  func(phase progress.Phase, samples int, took time.Duration) // called after each step
	Now    func() time.Time                                            // the clock

	schedule schedules.Schedule

	// safe is a state that may be written when a step was cut off in its middle. While it is being written (handed), the next one
	// is copied into spare: a large network's state takes much longer to allocate than to copy.
	safe   Snapshot
	handed bool
	spare  []checkpoint.Tensor
	// long says that the last step was longer than longStep.
	long bool
	// cut says that a step has begun and not ended, so that the network's state is not to be used.
	cut bool
	// under has the steps that are under way: the network's state is that many steps ahead of At.
	under flight
}

// When the program is asked to stop, a step may go on for grace; then it is cut off and what it did is lost. Where
// steps are so long that this can happen, a copy of the state is made ahead of each.
const (
	grace    = 600 * time.Millisecond
	longStep = grace / 2
)

// Run trains all epochs that are left. When the context ends, it stops between two steps, or, where a step is long, within
// it; Stopped then has the state to be saved.
func (t *Trainer) Run(ctx context.Context) error {
	var err error
	if t.schedule, err = schedules.Get(t.Settings.Schedule); err != nil {
		return fmt.Errorf("schedule = %w", err)
	}
	if err := t.takeMemory(); err != nil {
		return err
	}
	late, cancel := withGrace(ctx, grace)
	defer cancel()
	t.under = flight{net: t.Net}
	for t.At.Epoch < t.Settings.Epochs {
		if err := t.trainEpoch(ctx, late); err != nil {
			return err
		}
		validation, err := t.validate(ctx)
		if err != nil {
			return err
		}
		if err := t.finishEpoch(validation); err != nil {
			return err
		}
		t.Saver.owed = true
		t.Record(t.At.History)
		if err := t.keep(late); err != nil {
			return err
		}
	}
	return nil
}

// Stopped is the newest state that is sound, after Run has returned.
func (t *Trainer) Stopped() (Snapshot, error) {
	if !t.cut && t.land(context.Background(), true, t.Now()) == nil {
		if err := t.keepSafe(); err != nil {
			return Snapshot{}, err
		}
	}
	return t.safe, nil
}

// withGrace returns a context that ends some time after ctx does.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-late.Done():
		}
	})
	return late, func() { stop(); cancel() }
}

// trainEpoch makes the steps of the current epoch that are left. It stops between steps when ctx ends, and within a step
// when late does.
func (t *Trainer) trainEpoch(ctx, late context.Context) error {
	stream := t.stream(ctx, t.At.Step)
	defer stream.Close()
	for {
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return t.land(late, true, t.Now())
		}
		if err != nil {
			return fmt.Errorf("prepare batch %d of epoch %d: %w", t.At.Step+len(t.under.samples)+1, t.At.Epoch+1, err)
		}
		start := t.Now()
		t.cut = true
		if err := t.Net.StartTrain(late, forNetwork(batch), t.rate(len(t.under.samples))); err != nil {
			return fmt.Errorf("step %d of epoch %d: %w", t.At.Step+len(t.under.samples)+1, t.At.Epoch+1, err)
		}
		t.cut = false
		t.under.started(batch.N)
		stream.Recycle(batch)
		if err := t.land(late, false, start); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.keep(late); err != nil {
			return err
		}
	}
}

// stream reads the batches of the current epoch from a step on.
func (t *Trainer) stream(ctx context.Context, step int) *datasets.BatchStream {
	return datasets.Stream(ctx, t.Train, datasets.StreamOptions{
		Batch: t.Settings.Batch, Epoch: t.At.Epoch, From: step, Workers: t.Workers,
	})
}

// rate is the learning rate of the update that is `ahead` of where the run stands; in a replay it is behind.
func (t *Trainer) rate(ahead int) float64 {
	p := schedules.Position{
		Base: t.Settings.LearningRate, Epoch: t.At.Epoch, Epochs: t.Settings.Epochs,
		Update: t.At.Updates + ahead, Updates: t.Settings.Epochs * batches(t.Train.Len(), t.Settings.Batch),
	}
	for _, e := range t.At.History {
		p.Validation = append(p.Validation, e.Validation.Loss)
	}
	return t.schedule(p)
}

// land moves the position past the steps that have come back, or with wait past all that are under way. A loss that is not
// finite ends the run, however many steps were started since.
func (t *Trainer) land(ctx context.Context, wait bool, start time.Time) error {
	steps, err := t.under.land(wait, start, t.Now)
	if err != nil {
		t.cut = true
		return fmt.Errorf("step %d of epoch %d: %w", t.At.Step+1, t.At.Epoch+1, err)
	}
	for _, s := range steps {
		if !finite(s.Loss) {
			t.cut = true
			return errors.Join(t.under.drop(), t.diverged(ctx, s.Loss))
		}
		t.long = s.took > longStep
		t.At.Step++
		t.At.Updates++
		t.At.Sums.Add(s.Metrics, s.samples)
		t.Spent(progress.Train, s.samples, s.took)
		t.Report(progress.Train, t.At.Step, batches(t.Train.Len(), t.Settings.Batch))
	}
	return nil
}

// takeMemory makes both memories for copies of the state, before time matters, and fills them.
func (t *Trainer) takeMemory() error {
	for range 2 {
		if err := t.keepSafe(); err != nil {
			return err
		}
		t.safe.Tensors, t.spare = t.spare, t.safe.Tensors
	}
	return nil
}

// keep copies the state where it is time for a checkpoint and the disk is ready for one, and always where steps are long. Before, it
// waits for the metrics of all steps that the state has seen.
func (t *Trainer) keep(ctx context.Context) error {
	due, err := t.Saver.due()
	if err != nil || !due && !t.long {
		return err
	}
	if err := t.land(ctx, true, t.Now()); err != nil {
		return err
	}
	if err := t.keepSafe(); err != nil || !due {
		return err
	}
	t.handed, err = t.Saver.Begin(t.safe)
	return err
}

// keepSafe makes the present state the one that is written if the program has to stop at once.
func (t *Trainer) keepSafe() error {
	into := t.safe.Tensors
	if t.handed {
		busy, err := t.Saver.busy()
		if err != nil {
			return err
		}
		if busy {
			into, t.spare = t.spare, into
		}
	}
	tensors, err := t.Net.TensorsInto(into)
	if err != nil {
		return fmt.Errorf("copy the network's state: %w", err)
	}
	at := t.At
	at.History = append(History(nil), t.At.History...)
	t.safe, t.handed = Snapshot{Position: at, Tensors: tensors, Best: t.Best}, false
	return nil
}

// validate measures the network on the validation samples. They are the same in every epoch.
func (t *Trainer) validate(ctx context.Context) (Metrics, error) {
	stream := datasets.Stream(ctx, t.Validation, datasets.StreamOptions{Batch: t.Settings.Batch, Workers: t.Workers})
	defer stream.Close()
	under := flight{net: t.Net}
	defer under.drop()
	var sums Sums
	done, all := 0, batches(t.Validation.Len(), t.Settings.Batch)
	land := func(wait bool, start time.Time) error {
		steps, err := under.land(wait, start, t.Now)
		if err != nil {
			return fmt.Errorf("validation after epoch %d: %w", t.At.Epoch+1, err)
		}
		for _, s := range steps {
			done++
			sums.Add(s.Metrics, s.samples)
			t.Spent(progress.Validate, s.samples, s.took)
			t.Report(progress.Validate, done, all)
		}
		return nil
	}
	for started := 1; ; started++ {
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			if err := land(true, t.Now()); err != nil {
				return Metrics{}, err
			}
			return t.checkValidation(sums.Mean())
		}
		if err != nil {
			return Metrics{}, fmt.Errorf("prepare validation batch %d: %w", started, err)
		}
		start := t.Now()
		if err := t.Net.StartEvaluate(ctx, forNetwork(batch)); err != nil {
			return Metrics{}, fmt.Errorf("validation after epoch %d: %w", t.At.Epoch+1, err)
		}
		under.started(batch.N)
		stream.Recycle(batch)
		if err := land(false, start); err != nil {
			return Metrics{}, err
		}
		if err := ctx.Err(); err != nil {
			return Metrics{}, err
		}
	}
}

// checkValidation refuses a loss that no history can hold.
func (t *Trainer) checkValidation(m Metrics) (Metrics, error) {
	if !finite(m.Loss) {
		return m, fmt.Errorf("the validation loss became %g after epoch %d: %w", m.Loss, t.At.Epoch+1, errDiverged)
	}
	return m, nil
}

// finishEpoch moves the position past the epoch in progress.
func (t *Trainer) finishEpoch(validation Metrics) error {
	t.At.History = append(t.At.History, Epoch{Train: t.At.Sums.Mean(), Validation: validation})
	t.At.Epoch++
	t.At.Step, t.At.Sums = 0, Sums{}
	if t.At.Best.Epoch > 0 && validation.Loss >= t.At.Best.ValidationLoss {
		return nil
	}
	t.At.Best = Best{Epoch: t.At.Epoch, ValidationLoss: validation.Loss}
	if t.Settings.Select == matrix.SelectLoss {
		return t.keepBest()
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// batches is the number of steps that an epoch of samples takes.
func batches(samples, batch int) int { return (samples + batch - 1) / batch }
