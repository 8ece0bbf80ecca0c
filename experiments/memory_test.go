package experiments

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestRunThatDoesNotFitIntoMemorySaysWhatWould(t *testing.T) {
	o := inProcess(t, strings.Replace(tiny, "batch = 4", "batch = 4000", 1))
	o.Memory = 600 << 20
	err := Sweep(t.Context(), o)
	var failed *FailedError
	if !errors.As(err, &failed) || failed.Failed != 2 {
		t.Fatalf("got %v", err)
	}
	record, err := ReadRecord(firstRun(t, o))
	if err != nil || !regexp.MustCompile(`batch = 4000 of 16×16 px takes about .* GB of memory, and 0\.6 GB is available: batch = \d+ would fit`).MatchString(record.Result.Error) {
		t.Errorf("the record says %q, %v", record.Result.Error, err)
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
	s, jobs, _, err := begin(t.Context(), inProcess(t, strings.NewReplacer("channels = [4, 8]", "channels = [16, 32, 64, 128]", "batch = 4", "batch = 32", "patch = 32", "patch = 48").Replace(twoRuns)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.device.Close()
	j := jobs[1]
	f, err := measureFootprint(j.run, 1, s.device)
	if err != nil {
		t.Fatal(err)
	}
	plan := f.trainPixel * float64(j.run.Training.Batch*j.cost.height*j.cost.width)
	before := residentBytes(t)
	net, err := newNetwork(j.run, 1, s.device)
	if err != nil {
		t.Fatal(err)
	}
	n, side := j.run.Training.Batch, j.cost.height
	if _, err := net.Train(t.Context(), make([]float32, n*side*side), make([]float32, n*side*side), n, side, side, 1e-3); err != nil {
		t.Fatal(err)
	}
	taken := float64(residentBytes(t) - before)
	t.Logf("training %s took %.0f MB; %.0f MB were expected for its plan", j.run.Title(), taken/1e6, plan/1e6)
	if taken > 1.5*(plan+24*float64(net.Parameters())) || taken < plan/3 {
		t.Errorf("training took %.0f MB; %.0f MB were expected for its plan", taken/1e6, plan/1e6)
	}
}
