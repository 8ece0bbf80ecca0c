package experiments

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"r2unet/evaluate/record"
)

// TestWhatIsPublishedIsMadeAgainOnlyWhereSomethingChanged, by the times of its files.
func TestWhatIsPublishedIsMadeAgainOnlyWhereSomethingChanged(t *testing.T) {
	o := inProcess(t, tiny)
	run := firstRun(t, o)
	sweepAgain := func() map[string]time.Time {
		t.Helper()
		if err := Sweep(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		times := map[string]time.Time{}
		for _, name := range []string{
			record.ReportFile, filepath.Join(record.FiguresFolder, "roc-drive-phantom.svg"),
			filepath.Join(record.TablesFolder, "table-1.csv"), filepath.Join(record.TablesFolder, "table-1.tex"),
			filepath.Join(record.TablesFolder, record.SummaryFile), filepath.Join(record.TablesFolder,
				record.PerImageFile),
		} {
			info, err := os.Stat(filepath.Join(filepath.Dir(filepath.Dir(run)), name))
			if err != nil {
				t.Fatal(err)
			}
			times[name] = info.ModTime()
		}
		return times
	}
	before := sweepAgain()
	for name, at := range sweepAgain() {
		if !at.Equal(before[name]) {
			t.Errorf("%s was made again, though nothing changed", name)
		}
	}
	later := time.Now().Add(time.Second)
	for what, change := range map[string]func() error{
		"a record":    func() error { return os.Chtimes(filepath.Join(run, record.RunFile), later, later) },
		"the report":  func() error { return os.Remove(filepath.Join(filepath.Dir(filepath.Dir(run)), record.ReportFile)) },
		"the cache":   func() error { return os.RemoveAll(filepath.Join(o.Out, "cache", "published")) },
		"its history": func() error { return os.Remove(filepath.Join(run, record.HistoryFile)) },
	} {
		before := sweepAgain()
		if err := change(); err != nil {
			t.Fatal(err)
		}
		for name, at := range sweepAgain() {
			if !at.After(before[name]) {
				t.Errorf("%s changed, and %s was not made again", what, name)
			}
		}
	}
}
