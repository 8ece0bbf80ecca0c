package experiments

import (
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"r2unet/experiments/matrix"
)

// TestFailedProcessesAreCountedWithTheirReason: the sweep says the last line of each, shares its threads out, and ends
// as one with failed runs.
func TestFailedProcessesAreCountedWithTheirReason(t *testing.T) {
	o := inProcess(t, tiny)
	o.Threads = 4
	var mu sync.Mutex
	var threads []int
	o.Beside = Beside{Jobs: 2, Command: func(_ string, n int) *exec.Cmd {
		mu.Lock()
		defer mu.Unlock()
		threads = append(threads, n)
		return exec.Command("sh", "-c", "echo first >&2; echo sweep: no luck >&2; exit 1")
	}}
	var said strings.Builder
	o.Stdout = &said
	err := Sweep(t.Context(), o)
	var failed *FailedError
	if !errors.As(err, &failed) || failed.Failed != 2 || strings.Count(said.String(), ": failed: no luck") != 2 {
		t.Errorf("%v\n%s", err, said.String())
	}
	if len(threads) != 2 || threads[0] != 2 || threads[1] != 2 {
		t.Errorf("two processes of four threads have %v", threads)
	}
}

func TestSearchesAreNotComputedBeside(t *testing.T) {
	s := &sweep{session: &session{options: Options{Beside: Beside{Jobs: 2}}}}
	s.profile.Name, s.profile.Search = "tune", &matrix.Search{}
	if err := s.checkBeside(); err == nil || !strings.Contains(err.Error(), "-jobs 2: profile tune searches") {
		t.Errorf("a search: %v", err)
	}
	s.session.options.Beside.Jobs = 1
	if err := s.checkBeside(); err != nil {
		t.Errorf("one at a time: %v", err)
	}
}
