package experiments

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/record"
)

func TestRedrawNeedsTheRunsAlone(t *testing.T) {
	long(t)
	folder := filepath.Join(t.TempDir(), "quick")
	archivetest.Copy(t, folder, 1)
	t.Cleanup(archivetest.Clean)
	if problems, err := Redraw(folder); err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	for _, name := range []string{
		"tables/table-1.csv", "tables/table-1.tex", "tables/summary.csv", "tables/per-image.csv",
		"figures/examples-chase_db1.png", "figures/accuracy-validation-chase_db1.svg", "report.html",
	} {
		if info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(name))); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	runs, err := filepath.Glob(filepath.Join(folder, "runs", "*", record.RunFile))
	if err != nil || len(runs) == 0 {
		t.Fatal(err)
	}
	if err := os.Truncate(runs[0], 100); err != nil {
		t.Fatal(err)
	}
	id := filepath.Base(filepath.Dir(runs[0]))
	problems, err := Redraw(folder)
	if err != nil || len(problems) != 1 || !strings.HasPrefix(problems[0], id+": ") {
		t.Errorf("a record was cut off: %q, %v", problems, err)
	}
	if _, err := Redraw(t.TempDir()); err == nil {
		t.Error("a folder without runs has tables")
	}
}
