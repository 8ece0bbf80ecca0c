package training

import (
	"fmt"
	"time"
)

// Saver writes checkpoints while training continues: the caller copies the state, which takes milliseconds, and a
// goroutine checks, writes and syncs it. A failed write is a warning and does not end the run: the state is still in
// memory, and the next write may succeed. Only the last checkpoint of a run must be written.
type Saver struct {
	store Store
	every time.Duration // between two checkpoints inside an epoch
	now   func() time.Time
	warn  func(string)

	last    time.Time
	owed    bool         // a checkpoint is due regardless of the time
	running chan outcome // of the write in flight; nil if there is none
}

// outcome is the result of writing a checkpoint.
type outcome struct {
	unsound error // the state must not be saved, and the run must stop
	failed  error // it could not be written
}

// NewSaver returns the saver of a run; now is its clock, and warn is called for failed writes.
func NewSaver(s Store, every time.Duration, now func() time.Time, warn func(string)) *Saver {
	return &Saver{store: s, every: every, now: now, warn: warn, last: now()}
}

// owe makes a checkpoint due regardless of the time, as at the end of an epoch.
func (s *Saver) owe() { s.owed = true }

// due reports whether it is time for a checkpoint and the disk is ready for one. A monotonic clock makes changes of the
// system time irrelevant; without one, a jump back triggers a checkpoint.
func (s *Saver) due() (bool, error) {
	busy, err := s.busy()
	passed := s.now().Sub(s.last)
	return !busy && (s.owed || passed >= s.every || passed < 0), err
}

// busy reports whether a write is in flight. It returns an error if the last state was not finite.
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

// begin starts writing a snapshot unless the last write is still in flight, and reports whether it started. The
// snapshot must not change until the write has ended.
func (s *Saver) begin(snap Snapshot) (begun bool, err error) {
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

// Wait returns when no write is in flight. It returns an error if the last state was not finite.
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

// Final writes a snapshot and returns when it is on the disk.
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
