package training

import (
	"fmt"
	"time"
)

// Saver writes checkpoints while training goes on: the caller copies the state, which takes milliseconds, and a
// goroutine checks, writes and synchronizes it. A failed write costs a warning, not the run: the state is still in
// memory, and the next write may find the disk in order. Only the last checkpoint of a run must succeed.
type Saver struct {
	store Store
	every time.Duration // between two checkpoints inside an epoch
	now   func() time.Time
	warn  func(string)

	last    time.Time
	owed    bool         // a checkpoint is due whatever the time
	running chan outcome // of the write in flight; nil where there is none
}

// outcome is how the writing of a checkpoint ended.
type outcome struct {
	unsound error // the state is not one to save, and the run must stop
	failed  error // it could not be written
}

// NewSaver makes the saver of a run; now is its clock, and warn is told of writes that failed.
func NewSaver(s Store, every time.Duration, now func() time.Time, warn func(string)) *Saver {
	return &Saver{store: s, every: every, now: now, warn: warn, last: now()}
}

// owe makes a checkpoint due whatever the time: the end of an epoch is worth one.
func (s *Saver) owe() { s.owed = true }

// due reports whether it is time for a checkpoint and the disk is ready for one. The time that has passed is taken from a monotonic
// clock where there is one, so that a clock that is set does not matter; with another, a jump back is a reason to save at once.
func (s *Saver) due() (bool, error) {
	busy, err := s.busy()
	passed := s.now().Sub(s.last)
	return !busy && (s.owed || passed >= s.every || passed < 0), err
}

// busy reports whether a write is in flight. The error is that of a state that should not have come to be saved.
func (s *Saver) busy() (bool, error) {
	if s.running == nil {
		return false, nil
	}
	select {
	case o := <-s.running:
		return false, s.finished(o)
	default:
		return true, nil
	}
}

// Begin starts to write a snapshot, unless the disk is still busy with the one before, and says whether it has. The snapshot must not
// change until the write is no longer in flight.
func (s *Saver) Begin(snap Snapshot) (begun bool, err error) {
	if busy, err := s.busy(); busy || err != nil {
		return false, err
	}
	s.last, s.owed = s.now(), false
	done := make(chan outcome, 1)
	s.running = done
	go func() { done <- s.save(snap) }()
	return true, nil
}

// save checks and writes a snapshot.
func (s *Saver) save(snap Snapshot) outcome {
	if err := snap.sound(); err != nil {
		return outcome{unsound: err}
	}
	return outcome{failed: s.store.Save(snap)}
}

// Wait returns when no write is in flight. The error is that of a state that should not have come to be saved.
func (s *Saver) Wait() error {
	if s.running == nil {
		return nil
	}
	return s.finished(<-s.running)
}

func (s *Saver) finished(o outcome) error {
	s.running = nil
	if o.failed != nil {
		s.warn(fmt.Sprintf("a checkpoint could not be written, training goes on: %v", o.failed))
	}
	return o.unsound
}

// Final writes a snapshot and returns when the disk has it.
func (s *Saver) Final(snap Snapshot) error {
	if err := s.Wait(); err != nil {
		return err
	}
	o := s.save(snap)
	if o.unsound != nil {
		return o.unsound
	}
	return o.failed
}
