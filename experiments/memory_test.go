package experiments

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"r2unet/evaluate/record"
	"r2unet/internal/model"
)

func TestRunThatDoesNotFitIntoMemorySaysWhatWould(t *testing.T) {
	o := inProcess(t, strings.Replace(tiny, "batch = 4", "batch = 4000", 1))
	o.Memory = 600 << 20
	err := Sweep(t.Context(), o)
	var input *InputError
	want := regexp.MustCompile(`batch = 4000 of 16×16 px takes about .* GB of memory, and 0\.6 GB is available: ` +
		`batch = \d+ would fit`)
	if !errors.As(err, &input) || !want.MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}
	if runs, _ := filepath.Glob(filepath.Join(o.Out, "*", record.RunsFolder, "*")); len(runs) > 0 {
		t.Errorf("something was begun: %v", runs)
	}
	o.Plan = true
	if planned := Sweep(t.Context(), o); planned == nil || planned.Error() != err.Error() {
		t.Errorf("-plan says %v", planned)
	}
}

// TestNetworkLargerThanMemoryIsRefusedWithoutBuildingIt: 4.3·10⁹ parameters, with Adam 68 GB; and a batch that no
// machine holds.
func TestNetworkLargerThanMemoryIsRefusedWithoutBuildingIt(t *testing.T) {
	for name, change := range map[string]*strings.Replacer{
		"network": strings.NewReplacer("channels = [2, 4]", "channels = [4096, 4096, 4096, 4096, 4096, 4096]", "patch = 16", "patch = 32"),
		"batch":   strings.NewReplacer("batch = 4", "batch = 2147483647"),
	} {
		o := inProcess(t, change.Replace(tiny))
		o.Memory = 8 << 30
		for _, o.Plan = range []bool{true, false} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := Sweep(t.Context(), o)
			runtime.ReadMemStats(&after)
			if ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "GB of memory, and 8.6 GB is available") {
				t.Errorf("%s, -plan %v: %v", name, o.Plan, err)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 200<<20 {
				t.Errorf("%s: saying so took %d MB", name, taken>>20)
			}
		}
	}
}

// TestFinishedRunsNeedNoMemory: the tables of a large machine's runs are made on a small one.
func TestFinishedRunsNeedNoMemory(t *testing.T) {
	o := inProcess(t, tiny)
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	o.Memory = 1 << 20
	if err := Sweep(t.Context(), o); err != nil {
		t.Error(err)
	}
}

// residentBytes is what the process has in memory now.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the size of the process cannot be asked for here")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(content))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func TestFootprintIsThatOfTheProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("trains a network of the paper's size")
	}
	s, jobs, _, err := begin(t.Context(), inProcess(t, strings.NewReplacer("channels = [4, 8]",
		"channels = [16, 32, 64, 128]", "batch = 4", "batch = 32", "patch = 32", "patch = 48").Replace(twoRuns)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.session.device.Close()
	j := jobs[1]
	f, err := s.session.footprint(j)
	if err != nil {
		t.Fatal(err)
	}
	plan := f.sample * float64(j.run.Training.Batch)
	before := residentBytes(t)
	net, err := newNetwork(j.run, 1, s.session.device)
	if err != nil {
		t.Fatal(err)
	}
	n, side := j.run.Training.Batch, j.cost.height
	if _, err := net.Train(t.Context(), model.NewBatch(n, 1, side, side), 1e-3); err != nil {
		t.Fatal(err)
	}
	taken := float64(residentBytes(t) - before)
	t.Logf("training %s took %.0f MB; %.0f MB were expected for its plan", j.run.Title(), taken/1e6, plan/1e6)
	if taken > 1.5*(plan+24*float64(net.Parameters())) || taken < plan/3 {
		t.Errorf("training took %.0f MB; %.0f MB were expected for its plan", taken/1e6, plan/1e6)
	}
}
