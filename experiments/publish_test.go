package experiments

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"r2unet/evaluate/record"
	"r2unet/experiments/training"
)

// opened is a sweep with its folder, before the first run.
func opened(t *testing.T, o Options) (*sweep, []*job) {
	t.Helper()
	s, jobs, all, err := begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.session.device.Close() })
	_, unlock, err := s.session.openFolder(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(unlock)
	t.Cleanup(s.session.reporter.Close)
	return s, jobs
}

func TestReportIsThereFromTheStartAndGrowsOldForAMinuteAtMost(t *testing.T) {
	o := inProcess(t, tiny)
	s, jobs := opened(t, o)
	path := filepath.Join(s.session.folder, record.ReportFile)
	s.session.announce(jobs, nil)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("after the announcement: %v", err)
	}

	r := &runner{session: s.session, job: jobs[0], log: s.session.log, fs: s.session.fs}
	if err := s.session.fs.MkdirAll(r.job.dir); err != nil {
		t.Fatal(err)
	}
	epochEndsWith := func(want bool) {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		r.EpochEnded(training.History{{}})
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s after a report, an epoch's end writes one: %t, want %t",
				time.Since(s.session.reported).Round(time.Second), err == nil, want)
		}
	}
	s.session.reported = time.Now().Add(-reportEvery)
	epochEndsWith(true)
	epochEndsWith(false)
}
