package training

import (
	"fmt"
	"time"
)

// Saver writes checkpoints while training goes on: the caller copies the state, which takes milliseconds, and a
// goroutine writes and synchronizes it. A failed write costs a warning, not the run: the state is still in
// memory, and the next write may find the disk in order. Only the last checkpoint of a run must succeed.
type Saver struct {
	store Store
	every time.Duration // between two checkpoints inside an epoch
	warn  func(string)

	last    time.Time
	running chan error // result of the write in flight; nil where there is none
}

// NewSaver makes the saver of a run; warn is told of writes that failed.
func NewSaver(s Store, every time.Duration, warn func(string)) *Saver {
	return &Saver{store: s, every: every, warn: warn, last: time.Now()}
}

// due says whether it is time for a checkpoint. Time is monotonic: a clock that is set does not matter.
func (s *Saver) due() bool { return time.Since(s.last) >= s.every }

// Begin starts to write a snapshot, unless the disk is still busy with the one before.
func (s *Saver) Begin(snap Snapshot) {
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
	go func() { done <- s.store.Save(snap) }()
}

// Wait returns when no write is in flight.
func (s *Saver) Wait() {
	if s.running != nil {
		s.finished(<-s.running)
	}
}

func (s *Saver) finished(err error) {
	s.running = nil
	if err != nil {
		s.warn(fmt.Sprintf("a checkpoint could not be written, training goes on: %v", err))
	}
}

// Final writes a snapshot and returns when the disk has it.
func (s *Saver) Final(snap Snapshot) error {
	s.Wait()
	return s.store.Save(snap)
}
