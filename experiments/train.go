package experiments

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
	"r2unet/internal/checkpoint"
)

// trainer takes a network from where its run stands to the end of the last epoch.
type trainer struct {
	net        Network
	settings   matrix.Training
	train      datasets.Source
	validation datasets.Source
	workers    int // goroutines that prepare samples; changes no result

	at     Position
	saver  *saver
	record func(History) error                                         // called at the end of each epoch
	report func(phase progress.Phase, step, steps int)                 // called after each step
	spent  func(phase progress.Phase, samples int, took time.Duration) // called after each step

	// safe is a state that may be written when a step was cut off in its middle.
	safe Snapshot
	// cut says that a step has begun and not ended, so that the network's state is not to be used.
	cut bool
}

// When the program is asked to stop, a step may go on for grace; then it is cut off and what it did is lost. Where
// steps are so long that this can happen, a copy of the state is made ahead of each.
const (
	grace    = time.Second
	longStep = grace / 3
)

// run trains all epochs that are left. When it returns, with or without an error, final holds.
func (t *trainer) run(ctx context.Context) error {
	if err := t.keepSafe(); err != nil {
		return err
	}
	late, cancel := withGrace(ctx, grace)
	defer cancel()
	for t.at.Epoch < t.settings.Epochs {
		if err := t.trainEpoch(ctx, late); err != nil {
			return err
		}
		validation, err := t.validate(ctx)
		if err != nil {
			return err
		}
		t.finishEpoch(validation)
		if err := t.keepSafe(); err != nil {
			return err
		}
		if err := t.record(t.at.History); err != nil {
			return err
		}
		t.saver.begin(t.safe)
	}
	return nil
}

// stopped is the newest state after run has returned.
func (t *trainer) stopped() (Snapshot, error) {
	if !t.cut {
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
func (t *trainer) trainEpoch(ctx, late context.Context) error {
	_, h, w := t.train.Shape()
	steps := batches(t.train.Len(), t.settings.Batch)
	stream := datasets.Stream(ctx, t.train, t.settings.Batch, t.at.Epoch, t.at.Step, t.workers, 2*t.workers)
	defer stream.Close()
	for {
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("prepare batch %d of epoch %d: %w", t.at.Step+1, t.at.Epoch+1, err)
		}
		start := time.Now()
		t.cut = true
		metrics, err := t.net.Train(late, batch.Images, batch.Targets, batch.N, h, w, t.settings.LearningRate)
		if err != nil {
			return fmt.Errorf("step %d of epoch %d: %w", t.at.Step+1, t.at.Epoch+1, err)
		}
		t.cut = false
		took, samples := time.Since(start), batch.N
		stream.Recycle(batch)
		if !finite(metrics.Loss) {
			return fmt.Errorf("the loss became %g at step %d of epoch %d (update %d): training has diverged; try a smaller learning-rate",
				metrics.Loss, t.at.Step+1, t.at.Epoch+1, t.at.Updates+1)
		}
		t.at.Step++
		t.at.Updates++
		t.at.Sums.Add(metrics, samples)
		t.spent(progress.Train, samples, took)
		t.report(progress.Train, t.at.Step, steps)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.keep(took); err != nil {
			return err
		}
	}
}

// keep copies the state where it is time for a checkpoint, and always where steps are long.
func (t *trainer) keep(step time.Duration) error {
	if due := t.saver.due(); due || step > longStep {
		if err := t.keepSafe(); err != nil {
			return err
		}
		if due {
			t.saver.begin(t.safe)
		}
	}
	return nil
}

// keepSafe makes the present state the one that is written if the program has to stop at once.
func (t *trainer) keepSafe() error {
	snap, err := t.snapshot()
	if err != nil {
		return err
	}
	t.safe = snap
	return nil
}

// validate measures the network on the validation samples. They are the same in every epoch.
func (t *trainer) validate(ctx context.Context) (Metrics, error) {
	_, h, w := t.validation.Shape()
	steps := batches(t.validation.Len(), t.settings.Batch)
	stream := datasets.Stream(ctx, t.validation, t.settings.Batch, 0, 0, t.workers, 2*t.workers)
	defer stream.Close()
	var sums Sums
	for step := 1; ; step++ {
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return t.checkValidation(sums.Mean())
		}
		if err != nil {
			return Metrics{}, fmt.Errorf("prepare validation batch %d: %w", step, err)
		}
		start := time.Now()
		metrics, err := t.net.Evaluate(ctx, batch.Images, batch.Targets, batch.N, h, w)
		if err != nil {
			return Metrics{}, fmt.Errorf("validation after epoch %d: %w", t.at.Epoch+1, err)
		}
		sums.Add(metrics, batch.N)
		t.spent(progress.Validate, batch.N, time.Since(start))
		stream.Recycle(batch)
		t.report(progress.Validate, step, steps)
		if err := ctx.Err(); err != nil {
			return Metrics{}, err
		}
	}
}

// checkValidation refuses a loss that no history can hold.
func (t *trainer) checkValidation(m Metrics) (Metrics, error) {
	if !finite(m.Loss) {
		return m, fmt.Errorf("the validation loss became %g after epoch %d: training has diverged; try a smaller learning-rate", m.Loss, t.at.Epoch+1)
	}
	return m, nil
}

// finishEpoch moves the position past the epoch in progress.
func (t *trainer) finishEpoch(validation Metrics) {
	t.at.History = append(t.at.History, Epoch{Train: t.at.Sums.Mean(), Validation: validation})
	t.at.Epoch++
	t.at.Step, t.at.Sums = 0, Sums{}
	if t.at.Best.Epoch == 0 || validation.Loss < t.at.Best.ValidationLoss {
		t.at.Best = Best{Epoch: t.at.Epoch, ValidationLoss: validation.Loss}
	}
}

// snapshot copies the state; it refuses one that is not finite, so that no checkpoint ever holds it.
func (t *trainer) snapshot() (Snapshot, error) {
	tensors, err := t.net.Tensors()
	if err != nil {
		return Snapshot{}, fmt.Errorf("copy the network's state: %w", err)
	}
	if name := firstNotFinite(tensors); name != "" {
		return Snapshot{}, fmt.Errorf("%s is not finite after update %d (epoch %d, step %d): training has diverged; try a smaller learning-rate",
			name, t.at.Updates, t.at.Epoch+1, t.at.Step)
	}
	at := t.at
	at.History = append(History(nil), t.at.History...)
	return Snapshot{Position: at, Tensors: tensors}, nil
}

// firstNotFinite names the first tensor with a NaN or an infinity in it.
func firstNotFinite(tensors []checkpoint.Tensor) string {
	for _, t := range tensors {
		for _, v := range t.Data {
			if v-v != 0 {
				return t.Name
			}
		}
	}
	return ""
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// batches is the number of steps that an epoch of samples takes.
func batches(samples, batch int) int { return (samples + batch - 1) / batch }
