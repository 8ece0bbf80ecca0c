package guidetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	symptom = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")
	joined  = regexp.MustCompile(`"\s*\+\s*"`)
	verbs   = regexp.MustCompile(`%[-+#0-9.]*[a-zA-Z]`)
)

// TestMessagesOfTroubleshootingAreTheProgramsOwn: each is in the program, with … for what is filled in.
func TestMessagesOfTroubleshootingAreTheProgramsOwn(t *testing.T) {
	var sources strings.Builder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		sources.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	program := verbs.ReplaceAllString(joined.ReplaceAllString(sources.String(), ""), "…")
	found := symptom.FindAllStringSubmatch(read(t, "docs/howto/troubleshooting.md"), -1)
	for _, match := range found {
		if message := strings.TrimSuffix(match[1], "…"); !strings.Contains(program, message) {
			t.Errorf("no source says %q", message)
		}
	}
	if len(found) < 15 {
		t.Errorf("%d messages were found", len(found))
	}
}
