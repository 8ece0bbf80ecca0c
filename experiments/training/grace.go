package training

import (
	"context"
	"time"
)

// When the program is asked to stop, a step may continue for grace; then it is cancelled and its work is lost. If steps
// are so long that this can happen, a snapshot is taken before each.
const (
	grace    = 600 * time.Millisecond
	longStep = grace / 2
)

// withGrace returns a context that ends the given time after ctx.
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
