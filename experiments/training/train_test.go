package training

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
	"r2unet/internal/durable/faults"
)

// bench is a trainer with its folder, and its observer.
type bench struct {
	Trainer
	net        *pixelNet
	warnings   []string
	stepped    func(progress.Step)
	epochEnded func(History)
}

func (b *bench) Stepped(s progress.Step) { b.stepped(s) }
func (b *bench) EpochEnded(h History)    { b.epochEnded(h) }

var testRun = matrix.Run{Seed: 1, Device: "cpu", Training: matrix.Training{Epochs: 3, Batch: 4, LearningRate: 0.1}}

// newBench returns a trainer of 3 epochs of 5 steps that resumes from the content of dir.
func newBench(t *testing.T, fsys durable.FS, dir string, every time.Duration) *bench {
	t.Helper()
	return newBenchOf(t, testRun, fsys, dir, every)
}

// newBenchOf is newBench with other settings.
func newBenchOf(t *testing.T, testRun matrix.Run, fsys durable.FS, dir string, every time.Duration) *bench {
	t.Helper()
	b := &bench{net: newPixelNet()}
	warn := func(text string) { b.warnings = append(b.warnings, text) }
	s := Store{fsys, dir, Identity{Config: testRun, Data: "0123456789abcdef"}}
	b.Trainer = Trainer{
		Net: b.net, Settings: testRun.Training, Train: stripes{18}, Validation: stripes{6}, Workers: 2,
		Saver:    NewSaver(s, every, time.Now, warn),
		Observer: b, Now: time.Now,
	}
	b.stepped = func(progress.Step) {}
	b.epochEnded = func(h History) {
		if err := h.Save(durable.OS, dir); err != nil {
			t.Error(err)
		}
	}
	snap, found, err := s.Load(warn)
	if err != nil {
		t.Fatal(err)
	}
	if found {
		if err := b.net.Restore(snap.Tensors); err != nil {
			t.Fatal(err)
		}
		b.At, b.Best = snap.Position, snap.Best
	}
	return b
}

// finish trains to the end and returns what is left on the disk.
func (b *bench) finish(t *testing.T, dir string) (checkpoint, history []byte) {
	t.Helper()
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.save(t)
	return contents(t, filepath.Join(dir, record.CheckpointFile)), contents(t, filepath.Join(dir, record.HistoryFile))
}

func (b *bench) save(t *testing.T) {
	t.Helper()
	snap, err := b.Stopped()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Saver.Final(snap); err != nil {
		t.Fatal(err)
	}
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestTrainingStoppedAtAnyStepEndsWithTheSameBits(t *testing.T) {
	whole := t.TempDir()
	checkpoint, history := newBench(t, durable.OS, whole, time.Hour).finish(t, whole)
	for stop := 1; stop <= 15; stop++ {
		dir := t.TempDir()
		b := newBench(t, durable.OS, dir, time.Hour)
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
		b = newBench(t, durable.OS, dir, time.Hour)
		if b.At.Updates != stop {
			t.Fatalf("stopped after step %d, resumed after %d", stop, b.At.Updates)
		}
		gotCheckpoint, gotHistory := b.finish(t, dir)
		if !bytes.Equal(gotCheckpoint, checkpoint) || !bytes.Equal(gotHistory, history) {
			t.Errorf("stopped after step %d: another end than without a stop", stop)
		}
	}
}

func TestTrainingKilledBetweenCheckpointsEndsWithTheSameBits(t *testing.T) {
	whole := t.TempDir()
	checkpoint, history := newBench(t, durable.OS, whole, time.Hour).finish(t, whole)
	dir := t.TempDir()
	b := newBench(t, durable.OS, dir, 0)                   // a checkpoint at each step
	b.stepped = func(progress.Step) { _ = b.Saver.Wait() } // the run ends with its error
	killed := errors.New("killed")
	b.net.before = func(_ context.Context, step int) error {
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
	b = newBench(t, durable.OS, dir, time.Hour)
	if b.At.Updates != 8 {
		t.Errorf("resumed after %d steps; want 8", b.At.Updates)
	}
	gotCheckpoint, gotHistory := b.finish(t, dir)
	if !bytes.Equal(gotCheckpoint, checkpoint) || !bytes.Equal(gotHistory, history) {
		t.Error("another end than without the kill")
	}
}

func TestLossThatIsNotFiniteStopsTheRunAndKeepsTheLastGoodCheckpoint(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		dir := t.TempDir()
		b := newBench(t, durable.OS, dir, time.Hour)
		b.net.loss = func(step int, loss float64) float64 {
			if step == 7 {
				return bad
			}
			return loss
		}
		err := b.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), "step 2 of epoch 2 (update 7)") ||
			!strings.Contains(err.Error(), "the sigmoid after step 6") {
			t.Errorf("got %v; want the step, and the operator of the state before it", err)
		}
		if err := b.Saver.Wait(); err != nil {
			t.Fatal(err)
		}
		if at := newBench(t, durable.OS, dir, time.Hour).At; at.Epoch != 1 || at.Step != 0 {
			t.Errorf("the checkpoint is at epoch %d, step %d; want the end of the first epoch", at.Epoch, at.Step)
		}
	}
}

func TestStateThatIsNotFiniteIsNeverSaved(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, durable.OS, dir, 0)
	b.net.before = func(_ context.Context, step int) error {
		if step == 3 {
			b.net.state[2] = float32(math.NaN())
		}
		return nil
	}
	if err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "not finite after update 4") {
		t.Errorf("got %v", err)
	}
	if err := b.Saver.Wait(); err != nil {
		t.Fatal(err)
	}
	if at := newBench(t, durable.OS, dir, time.Hour).At; at.Updates > 3 {
		t.Errorf("the checkpoint has %d updates", at.Updates)
	}
}

func TestLongStepIsCutOffAndWhatItDidIsDropped(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, durable.OS, dir, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	b.net.before = func(step context.Context, _ int) error {
		cancel()
		<-step.Done()
		return step.Err()
	}
	before := b.net.state
	start := time.Now()
	if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if took := time.Since(start); took > grace+time.Second {
		t.Errorf("stopping took %v", took)
	}
	b.save(t)
	if after := newBench(t, durable.OS, dir, time.Hour); after.net.state != before || after.At.Updates != 0 {
		t.Errorf("the checkpoint holds %v; want the state before the step, %v", after.net.state, before)
	}
}

func TestFullDiskDoesNotStopTraining(t *testing.T) {
	dir := t.TempDir()
	full := &faults.FS{At: 1, Err: syscall.ENOSPC, Forever: true}
	b := newBench(t, full, dir, 0)
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	snap, err := b.Stopped()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Saver.Final(snap); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the last checkpoint: %v; want ENOSPC", err)
	}
	if len(b.warnings) == 0 || !strings.Contains(b.warnings[0], "no space left") {
		t.Errorf("warnings: %q", b.warnings)
	}
}
