package training

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/checkpoint"
	"r2unet/internal/durable"
)

// selecting returns settings that keep the best epoch.
func selecting() matrix.Run {
	run := testRun
	run.Training.Select = matrix.SelectLoss
	return run
}

// newSelecting returns a bench of such a run whose network gets worse in its third epoch.
func newSelecting(t *testing.T, dir string, every time.Duration) *bench {
	b := newBenchOf(t, selecting(), durable.OS, dir, every)
	b.net.before = func(_ context.Context, step int) error {
		if step >= 10 {
			b.net.state[0] = -5
		}
		return nil
	}
	return b
}

// TestBestEpochIsKeptWhereverTrainingIsStopped: the kept weights are those after the epoch with the smallest validation
// loss, wherever training was interrupted.
func TestBestEpochIsKeptWhereverTrainingIsStopped(t *testing.T) {
	whole := t.TempDir()
	b := newSelecting(t, whole, time.Hour)
	var after [][]float32 // the state after each epoch
	record := b.epochEnded
	b.epochEnded = func(h History) {
		after = append(after, slices.Clone(b.net.state[:]))
		record(h)
	}
	want, _ := b.finish(t, whole)
	best := b.At.Best.Epoch
	if best == 0 || best == testRun.Training.Epochs {
		t.Fatalf("the best epoch is %d: the case shows nothing", best)
	}
	if len(b.Best) != 1 || !slices.Equal(b.Best[0].Data, after[best-1]) {
		t.Errorf("kept %v of the states %v; want that of epoch %d, without the optimizer's", b.Best, after, best)
	}
	for stop := 1; stop <= 15; stop++ {
		dir := t.TempDir()
		b := newSelecting(t, dir, time.Hour)
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
		if got, _ := newSelecting(t, dir, time.Hour).finish(t, dir); !bytes.Equal(got, want) {
			t.Errorf("stopped after step %d: another end than without a stop", stop)
		}
	}
}

// TestFinishedCheckpointHasTheTestedWeightsAlone: it has nothing that training could continue from.
func TestFinishedCheckpointHasTheTestedWeightsAlone(t *testing.T) {
	dir := t.TempDir()
	b := newSelecting(t, dir, 0)
	b.finish(t, dir)
	s := Store{durable.OS, dir, Identity{Config: selecting(), Data: "0123456789abcdef"}}
	finished := Snapshot{Position: b.At, Tensors: b.Best, Finished: true}
	if err := s.Finish(finished); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "checkpoint.*")); len(left) != 1 {
		t.Errorf("left are %v; want one checkpoint", left)
	}
	snap, found, err := s.Load(func(text string) { t.Error(text) })
	if err != nil || !found || !snap.Finished || snap.Best != nil || !slices.Equal(names(snap.Tensors), []string{"state"}) {
		t.Errorf("found %v %+v, %v", found, snap, err)
	}

	finished.Position.Epoch--
	finished.Position.History = finished.Position.History[:finished.Position.Epoch]
	if err := s.Finish(finished); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Load(func(string) {}); err == nil || !strings.Contains(err.Error(), "weights alone, after 2 of 3 epochs") {
		t.Errorf("weights alone before the end: %v", err)
	}
}

func names(tensors []checkpoint.Tensor) (all []string) {
	for _, t := range tensors {
		all = append(all, t.Name)
	}
	return all
}

// TestCheckpointOfOtherTestSettingsIsGoneOnWith: test settings do not change weights.
func TestCheckpointOfOtherTestSettingsIsGoneOnWith(t *testing.T) {
	dir := t.TempDir()
	newBench(t, durable.OS, dir, time.Hour).finish(t, dir)
	run := testRun
	run.Training.Test, run.Training.Stride, run.Training.TestImages, run.Training.Measures = "patches", 8, 3, []string{"cldice"}
	if b := newBenchOf(t, run, durable.OS, dir, time.Hour); b.At.Epoch != run.Training.Epochs {
		t.Errorf("goes on from %+v; want the end of training", b.At)
	}
}
