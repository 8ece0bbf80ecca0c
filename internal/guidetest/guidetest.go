// Package guidetest tests the guides in docs: it overlays the Go files shown on a page on the repository and runs
// tests there, so that following the page to the letter works.
package guidetest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A page shows a file as a fenced Go block after a paragraph whose first path in backquotes names it.
var (
	fenced = regexp.MustCompile("(?s)((?:[^\n]+\n)+)\n```go\n(.*?)```")
	path   = regexp.MustCompile("`([a-z_/]+\\.go)`")
)

// Run overlays the files of a page on the repository and runs tests of packages there; the tests must run and pass.
// Where a reader has made one of the files, the test is skipped: the package's own tests take it in.
// Paths are relative to the repository's root, which is `root` from the test's folder.
func Run(t *testing.T, root, page, tests string, packages ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles packages")
	}
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir, replace := t.TempDir(), map[string]string{}
	for _, match := range fenced.FindAllStringSubmatch(string(text), -1) {
		named := path.FindStringSubmatch(match[1])
		if named == nil {
			t.Fatalf("%s shows Go without naming its file in the paragraph before:\n%s", page, match[2])
		}
		target := filepath.Join(top, named[1])
		if _, err := os.Stat(target); err == nil {
			t.Skipf("somebody follows %s here: this copy has %s already, with the tests", page, named[1])
		}
		replace[target] = filepath.Join(dir, strings.ReplaceAll(named[1], "/", "-"))
		if err := os.WriteFile(replace[target], []byte(match[2]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(replace) == 0 {
		t.Fatalf("%s shows no Go file that this test can find", page)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		run := exec.Command("go", "test", "-overlay", filepath.Join(dir, "overlay.json"), "-run", tests, "-v", "./"+p)
		run.Dir = top
		out, err := run.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%s, tests of %s: %v\n%s", page, p, err, out)
		}
	}
}

// Block returns the first fenced block of a language that a page shows behind a heading. Paths are as those of Run.
func Block(t *testing.T, root, page, heading, language string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	_, behind, found := strings.Cut(string(text), "\n"+heading+"\n")
	_, block, fenced := strings.Cut(behind, "\n```"+language+"\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !fenced || !closed {
		t.Fatalf("%s shows no %s behind %q", page, language, heading)
	}
	return block
}
