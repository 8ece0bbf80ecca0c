package guidetest_test

import (
	"os"
	"path/filepath"
	"testing"

	"r2unet/internal/guidetest"
)

// TestAReadersFilesAreNotAFault: who follows a page has its files, and the page's test command passes.
func TestAReadersFilesAreNotAFault(t *testing.T) {
	root, skipped := t.TempDir(), false
	for name, text := range map[string]string{
		"page.md": "**The file.** `own.go`:\n\n```go\npackage own\n```\n", "own.go": "package own\n\nconst changed = 1\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("page", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		guidetest.Run(t, root, "page.md", "TestOwn", ".")
	})
	if !skipped && !testing.Short() {
		t.Error("the test of a page runs where its file is there already")
	}
}
