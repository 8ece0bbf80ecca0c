package training

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"r2unet/evaluate/record"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// setClock is a clock without a monotonic reading that is changed now and then; each training step takes a second.
type setClock struct {
	time time.Time
	sets map[int]time.Duration // by step: the change after it
}

func (c *setClock) now() time.Time { return c.time }

func (c *setClock) step(n int) { c.time = c.time.Add(time.Second + c.sets[n]) }

// clockedBench is a bench of one epoch of 18 steps with checkpoints every 3 s. It records after which steps one was
// written.
func clockedBench(t *testing.T, dir string, c *setClock) (b *bench, written func() []int) {
	b = newBench(t, durable.OS, dir, 3*time.Second)
	var steps []int
	warn := func(text string) { t.Error(text) }
	b.Saver = NewSaver(b.Saver.store, 3*time.Second, c.now, warn)
	b.Now = c.now
	b.Settings.Epochs, b.Settings.Batch = 1, 1
	seen := ""
	b.stepped = func(s progress.Step) {
		if s.Phase != progress.Train {
			return
		}
		if err := b.Saver.Wait(); err != nil {
			t.Error(err)
		}
		if entries, _ := filepath.Glob(filepath.Join(dir, record.CheckpointFile)); len(entries) == 1 {
			if content := string(contents(t, entries[0])); content != seen {
				seen = content
				steps = append(steps, s.Number-1) // started at the end of the last step
			}
		}
		c.step(s.Number)
	}
	return b, func() []int { return steps }
}

// TestClockThatIsSetLosesNoCheckpointAndNoBit sets the clock back by an hour and forward by a day during training:
// checkpoints are written at least as often as without, and the result is the same.
func TestClockThatIsSetLosesNoCheckpointAndNoBit(t *testing.T) {
	start := time.Date(2026, 10, 25, 2, 30, 0, 0, time.UTC)
	calm := t.TempDir()
	b, _ := clockedBench(t, calm, &setClock{time: start})
	checkpoint, history := b.finish(t, calm)

	dir := t.TempDir()
	b, written := clockedBench(t, dir, &setClock{
		time: start, sets: map[int]time.Duration{5: -time.Hour, 11: 24 * time.Hour, 14: -time.Second},
	})
	gotCheckpoint, gotHistory := b.finish(t, dir)
	if !bytes.Equal(gotCheckpoint, checkpoint) || !bytes.Equal(gotHistory, history) {
		t.Error("another end than with a calm clock")
	}
	last := 0
	for _, step := range append(written(), 18) {
		if step-last > 4 {
			t.Errorf("no checkpoint between steps %d and %d: with one each 3 s, %v", last, step, written())
		}
		last = step
	}
}
