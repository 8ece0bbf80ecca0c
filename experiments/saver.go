package experiments

import (
	"fmt"
	"time"
)

// saver writes checkpoints while training goes on: the caller copies the state, which takes milliseconds, and a
// goroutine writes and synchronizes it. A failed write costs a warning, not the run: the state is still in
// memory, and the next write may find the disk in order. Only the last checkpoint of a run must succeed.
type saver struct {
	store store
	every time.Duration // between two checkpoints inside an epoch
	warn  func(string)

	last    time.Time
	running chan error // result of the write in flight; nil where there is none
}

func newSaver(s store, every time.Duration, warn func(string)) *saver {
	return &saver{store: s, every: every, warn: warn, last: time.Now()}
}

// due says whether it is time for a checkpoint. Time is monotonic: a clock that is set does not matter.
func (s *saver) due() bool { return time.Since(s.last) >= s.every }

// begin starts to write a snapshot, unless the disk is still busy with the one before.
func (s *saver) begin(snap Snapshot) {
	if s.running != nil {
		select {
		case err := <-s.running:
			s.finished(err)
		default:
			return
		}
	}
	s.last = time.Now()
	done := make(chan error, 1)
	s.running = done
	go func() { done <- s.store.save(snap) }()
}

// wait returns when no write is in flight.
func (s *saver) wait() {
	if s.running != nil {
		s.finished(<-s.running)
	}
}

func (s *saver) finished(err error) {
	s.running = nil
	if err != nil {
		s.warn(fmt.Sprintf("a checkpoint could not be written, training goes on: %v", err))
	}
}

// final writes a snapshot and returns when the disk has it.
func (s *saver) final(snap Snapshot) error {
	s.wait()
	return s.store.save(snap)
}
