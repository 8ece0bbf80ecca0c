package experiments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"r2unet/experiments/claim"
)

// lock keeps other sweeps out of the results folder by a claim on it, as on a run. A claim of a process that cannot be
// seen from here, on another machine or in another container, is watched: it ends this sweep with its next heartbeat,
// or is taken over without one.
func (s *session) lock(ctx context.Context) (*claim.Held, error) {
	var first *claim.HeldError
	for {
		held, err := s.take(s.folder)
		var other *claim.HeldError
		if !errors.As(err, &other) {
			return held, err
		}
		if other.Seen() || first != nil && !other.Beat.Equal(first.Beat) {
			return nil, fmt.Errorf("another sweep is writing into %s: %v, since %v; wait for it, or choose another "+
				"folder with -out", s.folder, other.Owner, other.Since.Local().Format(time.DateTime))
		}
		if first == nil {
			first = other
			s.note(fmt.Sprintf("%s: %v was writing here %v ago; waiting for its next heartbeat, or until it has had "+
				"none for %v", s.folder, other.Owner, other.Age.Round(time.Second), other.Patience()))
		}
		if !pause(ctx, lookEvery) {
			return nil, ErrInterrupted
		}
	}
}
