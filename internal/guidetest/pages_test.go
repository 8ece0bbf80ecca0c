package guidetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// pages lists the pages that people read, by paths from the repository's root.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{
		"README.md", "CONTRIBUTING.md", "internal/README.md", "examples/README.md", "results/reference/README.md",
	}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "gpu/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			all = append(all, strings.TrimPrefix(filepath.ToSlash(path), root+"/"))
		}
	}
	if len(all) < 25 {
		t.Fatalf("%d pages were found", len(all))
	}
	return all
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
