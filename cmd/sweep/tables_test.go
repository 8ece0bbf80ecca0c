package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"r2unet/experiments"
)

// TestCommittedTablesAreThoseOfTheCommittedRuns: written again from the records of results/reference, by today's
// program, every table is the committed one.
func TestCommittedTablesAreThoseOfTheCommittedRuns(t *testing.T) {
	const reference = "../../results/reference"
	for _, profile := range []string{"epochs", "night", "pytorch", "quick"} {
		dir := filepath.Join(t.TempDir(), profile)
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(reference, profile))); err != nil {
			t.Fatal(err)
		}
		tables, err := filepath.Glob(filepath.Join(dir, "tables", "*"))
		if err != nil || len(tables) < 25 {
			t.Fatalf("%s: %d tables are committed: %v", profile, len(tables), err)
		}
		if problems, err := experiments.Redraw(dir); err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		for _, path := range tables {
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			committed := filepath.Join(reference, profile, "tables", filepath.Base(path))
			want, err := os.ReadFile(committed)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what its runs give; make it again: go run ./cmd/sweep tables results/reference/%s",
					committed, profile)
			}
		}
	}
}
