package training

import (
	"testing"
	"time"

	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// slowDisk is a file system that waits for permission to write.
type slowDisk struct {
	durable.FS
	let chan struct{}
}

func (d slowDisk) CreateTemp(dir, pattern string) (durable.File, error) {
	<-d.let
	return d.FS.CreateTemp(dir, pattern)
}

// TestStateThatIsBeingWrittenIsNotTheOneThatIsTrained lets training continue and copy its state while a checkpoint is
// being written: the checkpoint holds the state of the step that it names.
func TestStateThatIsBeingWrittenIsNotTheOneThatIsTrained(t *testing.T) {
	for _, steps := range []string{"short", "long"} {
		t.Run(steps, func(t *testing.T) {
			dir := t.TempDir()
			disk := slowDisk{durable.OS, make(chan struct{})}
			b := newBench(t, disk, dir, 0)
			if steps == "long" { // the state is copied after each step
				now := time.Now()
				b.Now = func() time.Time { now = now.Add(2 * longStep); return now }
			}
			states := map[int][6]float32{}
			b.stepped = func(s progress.Step) {
				if s.Phase == progress.Train {
					states[b.At.Updates] = b.net.state
				}
				if b.At.Updates == 4 && s.Phase == progress.Train {
					close(disk.let)
					if err := b.Saver.Wait(); err != nil {
						t.Error(err)
					}
					after := newBench(t, durable.OS, dir, time.Hour)
					if after.At.Updates != 1 || after.net.state != states[1] {
						t.Errorf("the checkpoint of step %d holds %v; want step 1, %v",
							after.At.Updates, after.net.state, states[1])
					}
				}
			}
			if err := b.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := b.Saver.Wait(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
