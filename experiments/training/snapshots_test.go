package training

import (
	"testing"
	"time"

	"r2unet/internal/durable"
)

// TestSnapshotInFlightIsLeftAlone takes snapshots while one is being written: it keeps its values, and two memories
// suffice for any number of snapshots.
func TestSnapshotInFlightIsLeftAlone(t *testing.T) {
	net := newPixelNet()
	disk := slowDisk{durable.OS, make(chan struct{})}
	store := Store{disk, t.TempDir(), Identity{Config: testRun}}
	s := snapshots{net: net, saver: NewSaver(store, 0, time.Now, func(text string) { t.Error(text) })}
	if err := s.allocate(Position{}, nil); err != nil {
		t.Fatal(err)
	}
	first, second := &s.last.Tensors[0].Data[0], &s.spare[0].Data[0]
	if first == second {
		t.Fatal("both memories are one")
	}
	take := func(updates int) {
		t.Helper()
		net.state[0] = float32(updates)
		if err := s.take(Position{Updates: updates}, nil); err != nil {
			t.Fatal(err)
		}
		if s.last.Position.Updates != updates || s.last.Tensors[0].Data[0] != float32(updates) {
			t.Errorf("the snapshot of update %d is %+v", updates, s.last)
		}
	}
	take(1)
	written := s.last
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	for updates := 2; updates <= 4; updates++ {
		take(updates)
		if written.Tensors[0].Data[0] != 1 {
			t.Fatalf("the snapshot that is being written has the values of update %g", written.Tensors[0].Data[0])
		}
		if &s.last.Tensors[0].Data[0] != second {
			t.Errorf("the snapshot of update %d is in a memory of its own", updates)
		}
	}
	close(disk.let)
	if err := s.saver.Wait(); err != nil {
		t.Fatal(err)
	}
	if snap, found, err := store.Load(func(text string) {
		t.Error(text)
	}); err != nil || !found || snap.Position.Updates != 1 || snap.Tensors[0].Data[0] != 1 {
		t.Errorf("written is %+v, %v, %v; want update 1", snap, found, err)
	}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	take(5)
	if err := s.saver.Wait(); err != nil {
		t.Fatal(err)
	}
	if p := &s.spare[0].Data[0]; p != first && p != second {
		t.Error("there is a third memory")
	}
}
