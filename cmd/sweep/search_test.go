package main

import (
	"os"
	"path/filepath"
	"testing"

	"r2unet/internal/guidetest"
)

// TestSearchPageWorksToTheLetter runs the commands of docs/search.md with the matrix that it shows.
func TestSearchPageWorksToTheLetter(t *testing.T) {
	const root, page = "../..", "docs/search.md"
	dir := t.TempDir()
	matrix := guidetest.Block(t, root, page, "## A search", "toml")
	if err := os.WriteFile(filepath.Join(dir, "search.toml"), []byte(matrix), 0o666); err != nil {
		t.Fatal(err)
	}
	guidetest.Commands(t, root, page, dir)
	for _, pattern := range []string{"tables/search-*.*", "figures/search-*.*"} {
		if found, err := filepath.Glob(filepath.Join(dir, "results", "tune", pattern)); err != nil || len(found) < 2 {
			t.Errorf("%s: %q, %v", pattern, found, err)
		}
	}
}
