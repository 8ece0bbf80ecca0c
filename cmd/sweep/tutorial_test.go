package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/experiments"
	"r2unet/internal/guidetest"
)

// TestTutorialWorksToTheLetter runs every command of docs/tutorial.md, and compares the matrix that it shows with the
// one that was written.
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
	trainsShortMatrix(t, dir, guidetest.Block(t, root, page, "### The shortest matrix", "toml"))
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

// trainsShortMatrix trains by the page's shortest matrix, of twelve lines, on the pictures that the page has drawn.
func trainsShortMatrix(t *testing.T, dir, text string) {
	t.Helper()
	if n := strings.Count(text, "\n"); n != 12 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	config := filepath.Join(dir, "short.toml")
	if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	err := experiments.Sweep(t.Context(), experiments.Options{
		Config: config, Data: filepath.Join(dir, "cells"), Out: filepath.Join(dir, "short"), Device: "cpu", Seed: 1,
		Stdout: io.Discard,
	})
	if err != nil {
		t.Error(err)
	}
	tables, err := os.ReadFile(filepath.Join(dir, "short", "short", "tables", "table-6.csv"))
	if err != nil || !strings.Contains(string(tables), "cells") {
		t.Errorf("%v\n%s", err, tables)
	}
}
