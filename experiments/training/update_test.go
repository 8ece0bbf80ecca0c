package training

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// accumulated is the test's run with updates of two batches: three in an epoch of five, the last of one batch.
func accumulated() matrix.Run {
	run := testRun
	run.Training.Accumulate, run.Training.Schedule, run.Training.Warmup = 2, "polynomial(power=1)", "1 epoch"
	return run
}

// TestAccumulatedRunIsTheSameWhereverItIsStopped: also within an update, and with steps in flight.
func TestAccumulatedRunIsTheSameWhereverItIsStopped(t *testing.T) {
	whole := t.TempDir()
	b := newBenchOf(t, accumulated(), durable.OS, whole, time.Hour)
	want, wantHistory := b.finish(t, whole)
	rates := []float64{1. / 3, 2. / 3, 1, 1, 5. / 6, 4. / 6, 3. / 6, 2. / 6, 1. / 6} // of the learning rate
	if !slices.EqualFunc(b.net.rates, rates, func(got, want float64) bool { return math.Abs(got-0.1*want) < 1e-12 }) {
		t.Errorf("rates %v", b.net.rates)
	}
	for epoch, last := range []float64{1, 4. / 6, 1. / 6} {
		if got := b.At.History[epoch].Rate; math.Abs(got-0.1*last) > 1e-12 {
			t.Errorf("rate %g in the history of epoch %d", got, epoch+1)
		}
	}
	if b.At.Updates != 9 || b.net.steps != 9 {
		t.Errorf("the run counts %d updates, the network %g; want 9", b.At.Updates, b.net.steps)
	}
	for _, lag := range []int{0, 2} {
		for stop := 1; stop < 15; stop++ {
			dir := t.TempDir()
			b := newBenchOf(t, accumulated(), durable.OS, dir, time.Hour)
			b.net.lag = lag
			ctx, cancel := context.WithCancel(t.Context())
			steps := 0
			b.stepped = func(s progress.Step) {
				if s.Phase == progress.Train {
					if steps++; steps == stop {
						cancel()
					}
				}
			}
			if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("lag %d, stopped after step %d: %v", lag, stop, err)
			}
			b.save(t)
			got, history := newBenchOf(t, accumulated(), durable.OS, dir, time.Hour).finish(t, dir)
			if !bytes.Equal(got, want) || !bytes.Equal(history, wantHistory) {
				t.Errorf("lag %d, stopped after step %d: another end than without a stop", lag, stop)
			}
		}
	}
}

// TestDivergedRunIsReplayedWithItsUpdates up to the failing step.
func TestDivergedRunIsReplayedWithItsUpdates(t *testing.T) {
	b := newBenchOf(t, accumulated(), durable.OS, t.TempDir(), time.Hour)
	b.net.loss = func(updates int, loss float64) float64 {
		if updates == 2 {
			return math.NaN()
		}
		return loss
	}
	err := b.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "step 4 of epoch 1 (update 2)") ||
		!strings.Contains(err.Error(), "the sigmoid after step 1") {
		t.Errorf("error %v", err)
	}
}
