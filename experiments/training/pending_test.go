package training

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// lags are numbers of steps in flight: none as on the CPU, some, and more than an epoch has.
var lags = []int{0, 1, 3, 100}

func TestStepsUnderWayChangeNoBit(t *testing.T) {
	whole := t.TempDir()
	checkpoint, history := newBench(t, durable.OS, whole, time.Hour).finish(t, whole)
	for _, lag := range lags {
		for stop := 0; stop <= 15; stop += 3 { // 0: not at all
			dir := t.TempDir()
			b := newBench(t, durable.OS, dir, time.Hour)
			b.net.lag = lag
			if stop > 0 {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				b.net.before = func(context.Context, int) error {
					if int(b.net.steps)+1 == stop {
						cancel()
					}
					return nil
				}
				if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
					t.Fatalf("lag %d, stopped after step %d: %v", lag, stop, err)
				}
				b.save(t)
				b = newBench(t, durable.OS, dir, time.Hour)
				b.net.lag = lag
				if b.At.Updates != stop {
					t.Errorf("lag %d, stopped after step %d: resumed after %d", lag, stop, b.At.Updates)
				}
			}
			gotCheckpoint, gotHistory := b.finish(t, dir)
			if !bytes.Equal(gotCheckpoint, checkpoint) || !bytes.Equal(gotHistory, history) {
				t.Errorf("lag %d, stopped after step %d: another end than without", lag, stop)
			}
		}
	}
}

func TestCheckpointsWaitForTheStepsThatTheirStateHasSeen(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, durable.OS, dir, 0) // a checkpoint at each step
	b.net.lag = 100
	killed := errors.New("killed")
	b.net.before = func(_ context.Context, step int) error {
		if err := b.Saver.Wait(); err != nil {
			t.Fatal(err)
		}
		if step == 8 {
			return killed
		}
		return nil
	}
	if err := b.Run(t.Context()); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	if err := b.Saver.Wait(); err != nil {
		t.Fatal(err)
	}
	if b = newBench(t, durable.OS, dir, time.Hour); b.At.Updates != 8 || b.net.steps != 8 {
		t.Errorf("the checkpoint is after %d steps and its state after %g; want 8", b.At.Updates, b.net.steps)
	}
}

func TestLossThatIsNotFiniteIsNamedExactlyHoweverLateItComes(t *testing.T) {
	for _, lag := range lags {
		for _, every := range []time.Duration{0, time.Hour} {
			dir := t.TempDir()
			b := newBench(t, durable.OS, dir, every)
			b.net.lag = lag
			b.net.before = func(context.Context, int) error { return b.Saver.Wait() }
			b.net.loss = func(step int, loss float64) float64 {
				if step == 7 {
					return math.NaN()
				}
				return loss
			}
			err := b.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "step 2 of epoch 2 (update 7)") ||
				!strings.Contains(err.Error(), "the sigmoid after step 6") {
				t.Errorf("lag %d: got %v; want the step, and the operator of the state before it", lag, err)
			}
			if err := b.Saver.Wait(); err != nil {
				t.Fatal(err)
			}
			if b = newBench(t, durable.OS, dir, time.Hour); b.At.Updates > 6 || b.At.Updates < 5 ||
				int(b.net.steps) != b.At.Updates {
				t.Errorf("lag %d: the checkpoint is after %d steps and its state after %g; the sixth is the last "+
					"good one", lag, b.At.Updates, b.net.steps)
			}
		}
	}
}

func TestTimeOfStepsUnderWayIsSharedByThoseThatLand(t *testing.T) {
	clock := time.Unix(0, 0)
	net := newPixelNet()
	net.lag = 2
	p := pending{net: net}
	var took []time.Duration
	for range 5 {
		start := clock
		if err := net.StartTrain(t.Context(), model.Batch{
			Images: []float32{1}, Targets: []float32{1}, N: 1, C: 1, H: 1, W: 1,
		}, 0.1); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Second)
		p.add(1)
		steps, err := p.collect(false, start, func() time.Time { return clock })
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			took = append(took, s.took)
		}
	}
	if len(took) != 3 || took[0] != 3*time.Second || took[1] != time.Second {
		t.Errorf("steps took %v; the first lands after three", took)
	}
}
