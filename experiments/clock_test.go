package experiments

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestClockThatJumpsChangesNoResult runs a sweep under a clock that somebody sets all the time, back by up to an hour
// and forward by up to a day.
func TestClockThatJumpsChangesNoResult(t *testing.T) {
	jumpy := inProcess(t, tiny)
	random := rand.New(rand.NewPCG(3, 4))
	now := time.Date(2026, 10, 25, 2, 30, 0, 0, time.UTC)
	var mu sync.Mutex
	asked := 0
	jumpy.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		asked++
		now = now.Add(time.Duration(random.Int64N(int64(25*time.Hour))) - time.Hour)
		return now
	}
	if err := Sweep(t.Context(), jumpy); err != nil {
		t.Fatal(err)
	}
	same(t, "under a clock that jumps", undisturbed(t, tiny), outcome(t, childOptions{Options: jumpy}))
	t.Logf("the clock was asked %d times", asked)
}
