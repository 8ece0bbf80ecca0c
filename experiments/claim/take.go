package claim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"r2unet/internal/durable"
)

// ErrLost means that another process has taken a claim over, because this one had no heartbeat for too long. What it
// would write now is not written.
var ErrLost = errors.New("another process has taken over, as this one did nothing for too long")

// ErrGone is the ErrLost of a claim whose folder is no longer there, so that nobody has taken it over.
var ErrGone error = goneError{}

type goneError struct{}

func (goneError) Error() string { return "the folder was removed or renamed meanwhile" }

// Is makes ErrGone a kind of ErrLost.
func (goneError) Is(target error) bool { return target == ErrLost }

// HeldError means that another process computes the run.
type HeldError struct {
	Claim

	Age time.Duration // since the last heartbeat
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s computes it, with its last heartbeat %s ago", e.Owner, e.Age.Round(time.Second))
}

// Seen reports whether the owner can be seen from here, so that it is known to be alive.
func (e *HeldError) Seen() bool { return e.SeenFrom(self().Owner) }

// Held is a claim of this process.
type Held struct {
	From *Claim // the claim of an owner that died, which this one took over; nil if there was none

	dir    string
	n      int
	claim  Claim
	stop   context.CancelFunc
	beaten sync.WaitGroup
	lost   chan struct{} // closed when a heartbeat finds that the claim is lost
	why    error         // of that
}

// Take claims the run of an existing folder, and beats from then on. If another process computes it, the error is a
// *HeldError. The caller must look afterwards whether the run is finished: it may have been in between.
func Take(dir string, every time.Duration) (*Held, error) {
	for range 100 { // each turn, another process was quicker
		_, n, err := numbers(dir)
		if err != nil {
			return nil, err
		}
		var from *Claim
		if n > 0 {
			c, err := free(dir, n)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if c.Ended == "" {
				from = &c
			}
		}
		h := &Held{
			From: from, dir: dir, n: n + 1, claim: Claim{Owner: self(), Every: every.Seconds()},
			lost: make(chan struct{}),
		}
		h.claim.Since = time.Now().UTC()
		h.claim.Beat = h.claim.Since
		err = h.create()
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("claim %s: %w", dir, err)
		}
		h.removeEarlier()
		ctx, stop := context.WithCancel(context.Background())
		h.stop = stop
		h.beaten.Go(func() { h.beat(ctx, every) })
		return h, nil
	}
	return nil, fmt.Errorf("claim %s: other processes claim it again and again", dir)
}

// free returns claim n if it may be taken over, and else a *HeldError. Ages are differences between times of the file
// system's clock, as machines may disagree about the time.
func free(dir string, n int) (Claim, error) {
	c, changed, err := read(file(dir, n))
	if err != nil {
		return c, err
	}
	if c.Ended != "" || c.gone(self()) {
		return c, nil
	}
	now, err := durable.Clock(dir)
	if err != nil {
		return c, err
	}
	if age := max(0, now.Sub(changed)); age <= c.Patience() {
		return c, &HeldError{c, age}
	}
	return c, nil
}

// create creates the claim's file; os.ErrExist means that another process was quicker.
func (h *Held) create() error {
	f, err := os.OpenFile(file(h.dir, h.n), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err = errors.Join(write(f, h.claim), f.Close()); err != nil {
		_ = os.Remove(f.Name()) // or everybody would wait for its heartbeats
	}
	return err
}

// removeEarlier removes the claims before this one, as far as possible.
func (h *Held) removeEarlier() {
	all, _, _ := numbers(h.dir)
	for _, n := range all {
		if n < h.n {
			_ = os.Remove(file(h.dir, n))
		}
	}
}

// beat writes heartbeats until the context ends or the claim is lost. A heartbeat that cannot be written is tried again
// the next time.
func (h *Held) beat(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			h.claim.Beat = now.UTC()
			err := h.Check()
			if err == nil && errors.Is(h.rewrite(), os.ErrNotExist) {
				err = cmp.Or(h.Check(), ErrLost)
			}
			if err != nil {
				h.why = err
				close(h.lost)
				return
			}
		}
	}
}

// rewrite overwrites the claim's file, which must be there: one that was removed does not come back.
func (h *Held) rewrite() error {
	f, err := os.OpenFile(file(h.dir, h.n), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f, h.claim), f.Close())
}

// Check returns ErrLost if another process has taken the claim over, ErrGone if the folder is no longer there.
func (h *Held) Check() error {
	if _, err := os.Lstat(file(h.dir, h.n)); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(h.dir); errors.Is(err, os.ErrNotExist) {
			return ErrGone
		}
		return ErrLost // the owner of a later claim removes it
	}
	if _, err := os.Lstat(file(h.dir, h.n+1)); err == nil {
		return ErrLost
	}
	return nil
}

// Context returns a context that ends with ctx, or with the cause ErrLost, or ErrGone, when a heartbeat finds that the
// claim is lost. The function must be called when the work ends.
func (h *Held) Context(ctx context.Context) (context.Context, func()) {
	holding, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-h.lost:
			cancel(h.why)
		case <-holding.Done():
		}
	}()
	return holding, func() {
		cancel(nil)
		<-ended
	}
}

// Release ends the claim and says how, such as "interrupted". The run can be claimed at once.
func (h *Held) Release(how string) error {
	h.stop()
	h.beaten.Wait()
	if err := h.Check(); err != nil {
		return err
	}
	h.claim.Beat, h.claim.Ended = time.Now().UTC(), how
	return h.rewrite()
}

// Finish removes all claims of a run that is finished.
func (h *Held) Finish() error {
	h.stop()
	h.beaten.Wait()
	h.removeEarlier() // the largest stays to the last
	if err := os.Remove(file(h.dir, h.n)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Clear removes the claims of a finished run whose owner was killed before it could.
func Clear(dir string) {
	all, largest, _ := numbers(dir)
	for _, n := range all {
		if n < largest {
			_ = os.Remove(file(dir, n))
		}
	}
	if largest > 0 {
		_ = os.Remove(file(dir, largest))
	}
}

// Moved ends the claim of a folder that was renamed, and removes all claims from it.
func (h *Held) Moved(dir string) error {
	h.stop()
	h.beaten.Wait()
	h.dir = dir
	return h.Finish()
}
