package cli

import (
	"context"
	"time"
)

// grace is how long UnlessStopped waits for work after its context has ended.
const grace = 300 * time.Millisecond

// UnlessStopped runs work that has nothing to save and may not check its context for seconds, e.g. while
// building a graph or in one large operator. When the context ends it returns ErrInterrupted within the grace
// period; unfinished work then ends with the program.
func UnlessStopped(ctx context.Context, work func(ctx context.Context) error) error {
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(grace):
	}
	return ErrInterrupted
}
