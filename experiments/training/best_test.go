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

	"r2unet/evaluate/measures"
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

// TestSelectionAndPatienceAreTheSameWhereverTrainingIsStopped: by each kind of measure, an epoch in which the network
// gets worse ends training, and the weights of the epoch before are kept.
func TestSelectionAndPatienceAreTheSameWhereverTrainingIsStopped(t *testing.T) {
	for _, by := range []string{"", "loss", "f1", "auc", "mse", "cldice"} {
		t.Run("select "+by, func(t *testing.T) {
			run := testRun
			run.Training.Select, run.Training.Patience = by, 1
			begin := func(t *testing.T, dir string) *bench {
				b := newBenchOf(t, run, durable.OS, dir, time.Hour)
				b.net.before = func(_ context.Context, step int) error {
					if step >= 5 {
						b.net.state[0] = -5
					}
					return nil
				}
				return b
			}
			whole := t.TempDir()
			b := begin(t, whole)
			var first []float32
			record := b.epochEnded
			b.epochEnded = func(h History) {
				if len(h) == 1 {
					first = slices.Clone(b.net.state[:])
				}
				record(h)
			}
			want, _ := b.finish(t, whole)
			if b.At.Epoch != 2 || b.At.Best.Epoch != 1 || !b.At.OutOfPatience(run.Training) {
				t.Fatalf("stopped after epoch %d, best is %+v; want 2 and 1", b.At.Epoch, b.At.Best)
			}
			if by == "" && b.Best != nil || by != "" && !slices.Equal(b.Best[0].Data, first) {
				t.Errorf("kept %v, want the state %v of epoch 1", b.Best, first)
			}
			if measured := run.Training.Selected() != nil; measured != (b.At.Best.Measure != nil) {
				t.Errorf("best is %+v", b.At.Best)
			}
			for stop := 1; stop <= 10; stop++ {
				dir := t.TempDir()
				b := begin(t, dir)
				ctx, cancel := context.WithCancel(t.Context())
				b.stepped = func(progress.Step) {
					if b.At.Updates == stop {
						cancel()
					}
				}
				if err := b.Run(ctx); stop < 10 && !errors.Is(err, context.Canceled) {
					t.Fatalf("stopped after step %d: %v", stop, err)
				}
				b.save(t)
				if got, _ := begin(t, dir).finish(t, dir); !bytes.Equal(got, want) {
					t.Errorf("stopped after step %d: another end than without a stop", stop)
				}
			}
		})
	}
}

func TestBetterEpochs(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	epoch := func(loss float64, m *float64) Epoch { return Epoch{Validation: Metrics{Loss: loss}, Selected: m} }
	for i, c := range []struct {
		best Best
		e    Epoch
		by   *measures.Measure
		want bool
	}{
		{Best{}, epoch(9, nil), measures.F1, true},
		{Best{1, 2, nil}, epoch(1, nil), nil, true},
		{Best{1, 2, nil}, epoch(2, nil), nil, false},
		{Best{1, 2, value(0.5)}, epoch(1, value(0.5)), measures.F1, false},
		{Best{1, 2, value(0.5)}, epoch(3, value(0.6)), measures.F1, true},
		{Best{1, 2, value(0.5)}, epoch(1, value(0.6)), measures.MSE, false},
		{Best{1, 2, value(0.5)}, epoch(3, value(0.4)), measures.MSE, true},
		{Best{1, 2, value(0.5)}, epoch(1, nil), measures.F1, false},
		{Best{1, 2, nil}, epoch(3, value(0)), measures.F1, true},
		{Best{1, 2, nil}, epoch(1, nil), measures.F1, true},
		{Best{1, 2, nil}, epoch(3, nil), measures.F1, false},
	} {
		if got := c.best.worseThan(c.e, c.by); got != c.want {
			t.Errorf("case %d: %t, want %t", i, got, c.want)
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
	if err != nil || !found || !snap.Finished || snap.Best != nil ||
		!slices.Equal(names(snap.Tensors), []string{"state"}) {
		t.Errorf("found %v %+v, %v", found, snap, err)
	}

	finished.Position.Epoch--
	finished.Position.History = finished.Position.History[:finished.Position.Epoch]
	if err := s.Finish(finished); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Load(func(string) {}); err == nil ||
		!strings.Contains(err.Error(), "weights alone, after 2 of 3 epochs") {
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
	run.Training.Test, run.Training.Stride, run.Training.TestImages = "patches", 8, 3
	run.Training.Measures = []string{"cldice"}
	if b := newBenchOf(t, run, durable.OS, dir, time.Hour); b.At.Epoch != run.Training.Epochs {
		t.Errorf("goes on from %+v; want the end of training", b.At)
	}
}
