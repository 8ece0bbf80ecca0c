package main

import (
	"os"
	"path/filepath"
	"testing"

	"r2unet/internal/guidetest"
)

// TestSlurmHowtoWorksToTheLetter runs the commands of docs/howto/slurm.md that need no cluster: they list the runs of
// the smoke profile, compute one and collect it.
func TestSlurmHowtoWorksToTheLetter(t *testing.T) {
	const root, page = "../..", "docs/howto/slurm.md"
	dir := t.TempDir()
	matrix, err := os.ReadFile(filepath.Join(root, "experiments.toml"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "experiments.toml"), matrix, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	guidetest.Commands(t, root, page, dir)
	for _, name := range []string{"results/smoke/report.html", "results/smoke/runs/*/run.json"} {
		if found, err := filepath.Glob(filepath.Join(dir, name)); err != nil || len(found) != 1 {
			t.Errorf("%s: %q, %v", name, found, err)
		}
	}
}
