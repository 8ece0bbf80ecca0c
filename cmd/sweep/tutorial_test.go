package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/internal/guidetest"
)

// TestTutorialWorksToTheLetter runs every command of docs/tutorial.md, and compares the matrix that it shows with the one
// that was written.
func TestTutorialWorksToTheLetter(t *testing.T) {
	const root, page = "../..", "docs/tutorial.md"
	dir := t.TempDir()
	guidetest.Commands(t, root, page, dir)
	content := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var written []string
	for _, line := range strings.Split(content("cells.toml"), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			written = append(written, line)
		}
	}
	shown := strings.ReplaceAll(guidetest.Block(t, root, page, "## 2. A matrix for them", "toml"), "\n\n", "\n")
	if got := strings.Join(written, "\n") + "\n"; got != shown {
		t.Errorf("the page shows\n%s\nand written was\n%s", shown, got)
	}
	if nuclei := content("nuclei.toml"); !strings.Contains(nuclei, `classes = ["background", "class 1", "class 2"]`) {
		t.Error(nuclei)
	}
	for _, pattern := range []string{
		"masks/cells-0?_mask.png", "classes/cells-0?_*.png", "results/*/report.html", "results/*/tables/summary.csv",
	} {
		if found, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(found) < 2 {
			t.Errorf("%s: %q, %v", pattern, found, err)
		}
	}
}
