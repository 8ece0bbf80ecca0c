package experiments

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"r2unet/evaluate/record"
)

// TestWhatIsPublishedIsMadeAgainOnlyWhereSomethingChanged, by the times of its files.
func TestWhatIsPublishedIsMadeAgainOnlyWhereSomethingChanged(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	run := firstRun(t, o)
	var said []string // the tables that were printed each time
	sweepAgain := func() map[string]time.Time {
		t.Helper()
		var out strings.Builder
		o.Stdout = &out
		if err := Sweep(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		_, tables, found := strings.Cut(out.String(), "Table I")
		if said = append(said, tables); !found || tables != said[0] {
			t.Errorf("it printed %q, and now\n%s", said[0], out.String())
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
	stamp := filepath.Join(o.Out, "cache", "published", filepath.Base(filepath.Dir(filepath.Dir(run))))
	if kept, err := os.ReadFile(stamp); err != nil || !strings.HasSuffix(string(kept), said[0]) {
		t.Errorf("%v, kept %q", err, kept)
	}
	for name, at := range sweepAgain() {
		if !at.Equal(before[name]) {
			t.Errorf("%s was made again, though nothing changed", name)
		}
	}
	later := time.Now().Add(time.Second)
	for what, change := range map[string]func() error{
		"a record":   func() error { return os.Chtimes(filepath.Join(run, record.RunFile), later, later) },
		"the report": func() error { return os.Remove(filepath.Join(filepath.Dir(filepath.Dir(run)), record.ReportFile)) },
		"the cache":  func() error { return os.RemoveAll(filepath.Join(o.Out, "cache", "published")) },
		"the width": func() error {
			kept, err := os.ReadFile(stamp)
			line, text, _ := strings.Cut(string(kept), "\n")
			return errors.Join(err, os.WriteFile(stamp, []byte(line+"0\n"+text), 0o644))
		},
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
	// A record that cannot be read is said each time.
	other := filepath.Join(filepath.Dir(run), "other")
	err := errors.Join(os.Mkdir(other, 0o755), os.WriteFile(filepath.Join(other, record.RunFile), []byte("{"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	before = sweepAgain()
	for name, at := range sweepAgain() {
		if !at.After(before[name]) {
			t.Errorf("a record is damaged, and %s was not made again", name)
		}
	}
}
