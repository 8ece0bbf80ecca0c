package training

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// TestScheduledRatesAreTheSameWhereverTrainingIsStopped: the rate is a function of the position alone, and changes the
// result.
func TestScheduledRatesAreTheSameWhereverTrainingIsStopped(t *testing.T) {
	run := testRun
	run.Training.Schedule, run.Training.Warmup = "cosine(cycles=2, final=1e-4)", "3 updates"
	whole := t.TempDir()
	want, _ := newBenchOf(t, run, durable.OS, whole, time.Hour).finish(t, whole)
	constant := t.TempDir()
	if same, _ := newBenchOf(t, testRun, durable.OS, constant, time.Hour).finish(t, constant); bytes.Equal(same, want) {
		t.Error("a cosine and a constant rate end with the same weights")
	}
	for stop := 1; stop <= 10; stop++ {
		dir := t.TempDir()
		b := newBenchOf(t, run, durable.OS, dir, time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		b.stepped = func(progress.Step) {
			if b.At.Updates == stop {
				cancel()
			}
		}
		if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after step %d: %v", stop, err)
		}
		b.save(t)
		if got, _ := newBenchOf(t, run, durable.OS, dir, time.Hour).finish(t, dir); !bytes.Equal(got, want) {
			t.Errorf("stopped after step %d: another end than without a stop", stop)
		}
	}
}

// TestUnknownScheduleIsRefused also if the matrix did not check it.
func TestUnknownScheduleIsRefused(t *testing.T) {
	run := testRun
	run.Training.Schedule = "cosin"
	if err := newBenchOf(t, run, durable.OS, t.TempDir(), time.Hour).Run(t.Context()); err == nil {
		t.Error("trained without a schedule")
	}
}
