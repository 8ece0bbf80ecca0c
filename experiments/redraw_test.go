package experiments

import (
	"os"
	"path/filepath"
	"testing"

	"r2unet/evaluate/archive/archivetest"
)

func TestRedrawNeedsTheRunsAlone(t *testing.T) {
	long(t)
	folder := filepath.Join(t.TempDir(), "quick")
	archivetest.Copy(t, folder, 1)
	t.Cleanup(archivetest.Clean)
	if err := Redraw(folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"tables/table-1.csv", "tables/table-1.tex", "tables/summary.csv", "tables/per-image.csv",
		"figures/examples-chase_db1.png", "figures/accuracy-validation-chase_db1.svg", "report.html",
	} {
		if info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(name))); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Redraw(t.TempDir()); err == nil {
		t.Error("a folder without runs has tables")
	}
}
