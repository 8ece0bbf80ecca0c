package experiments

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"r2unet/experiments/training"
)

// opened is a sweep with its folder, before the first run.
func opened(t *testing.T, o Options) (*sweep, []*job) {
	t.Helper()
	s, jobs, all, err := begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.device.Close() })
	unlock, err := s.openFolder(all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(unlock)
	t.Cleanup(s.reporter.Close)
	return s, jobs
}

func TestReportIsThereFromTheStartAndGrowsOldForAMinuteAtMost(t *testing.T) {
	o := inProcess(t, tiny)
	s, jobs := opened(t, o)
	path := filepath.Join(s.folder, reportFile)
	s.announce(jobs)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("after the announcement: %v", err)
	}

	r := &runner{sweep: s, job: jobs[0], log: s.log}
	if err := s.fs.MkdirAll(r.dir); err != nil {
		t.Fatal(err)
	}
	epochEndsWith := func(want bool) {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		r.EpochEnded(training.History{{}})
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s after a report, an epoch's end writes one: %t, want %t", time.Since(s.reported).Round(time.Second), err == nil, want)
		}
	}
	s.reported = time.Now().Add(-reportEvery)
	epochEndsWith(true)
	epochEndsWith(false)
}
