package training

import (
	"fmt"

	"r2unet/internal/checkpoint"
)

// snapshots keeps the last consistent state of a network in its own memory: it is saved if a step is cancelled. While
// it is being written, the next one is copied into a second memory, because allocating the state of a large network
// takes much longer than copying it.
type snapshots struct {
	net      stateful
	saver    *Saver
	last     Snapshot
	inFlight bool                // the saver may still be writing last
	spare    []checkpoint.Tensor // the second memory
}

// allocate allocates both memories before training begins and takes the first snapshot.
func (s *snapshots) allocate(at Position, best []checkpoint.Tensor) error {
	for range 2 {
		if err := s.take(at, best); err != nil {
			return err
		}
		s.last.Tensors, s.spare = s.spare, s.last.Tensors
	}
	return nil
}

// take copies the present state, which belongs to the given position, over the last one, or into the second memory if
// the last one is being written.
func (s *snapshots) take(at Position, best []checkpoint.Tensor) error {
	into := s.last.Tensors
	if s.inFlight {
		busy, err := s.saver.busy()
		if err != nil {
			return err
		}
		if busy {
			into, s.spare = s.spare, into
		}
	}
	tensors, err := s.net.TensorsInto(into)
	if err != nil {
		return fmt.Errorf("copy the network's state: %w", err)
	}
	at.History = append(History(nil), at.History...)
	s.last, s.inFlight = Snapshot{Position: at, Tensors: tensors, Best: best}, false
	return nil
}

// save starts writing the last snapshot.
func (s *snapshots) save() (err error) {
	s.inFlight, err = s.saver.begin(s.last)
	return err
}
