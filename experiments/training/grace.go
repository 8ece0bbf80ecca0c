package training

import (
	"context"
	"time"
)

// When the program is asked to stop, a step may go on for grace; then it is cancelled and what it did is lost. Where
// steps are so long that this can happen, a snapshot is taken ahead of each.
const (
	grace    = 600 * time.Millisecond
	longStep = grace / 2
)

// withGrace returns a context that ends some time after ctx does.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-late.Done():
		}
	})
	return late, func() { stop(); cancel() }
}
