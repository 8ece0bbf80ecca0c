package experiments

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestRevisionIsTheBuildsOrGits(t *testing.T) {
	for want, settings := range map[string][]debug.BuildSetting{
		"":              {{Key: "vcs.modified", Value: "true"}},
		"2f5c":          {{Key: "vcs.revision", Value: "2f5c"}, {Key: "vcs.modified", Value: "false"}},
		"2f5c modified": {{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "2f5c"}},
	} {
		if got := revisionOf(settings); got != want {
			t.Errorf("%v: %q, want %q", settings, got, want)
		}
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git: install it to run the rest of this test")
	}
	root := t.TempDir()
	if got := askGit(root); got != "" {
		t.Errorf("a folder without a repository has the revision %q", got)
	}
	git := func(arguments ...string) string {
		command := exec.Command("git", append([]string{
			"-C", root, "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false",
		}, arguments...)...)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", arguments, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	if got := askGit(root); got != "" {
		t.Errorf("a repository without a commit has the revision %q", got)
	}
	file := filepath.Join(root, "below", "a")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", " modified"} {
		if err := os.WriteFile(file, []byte{byte(i)}, 0o644); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			git("add", ".")
			git("commit", "-q", "-m", "one")
		}
		if got := askGit(root); got != git("rev-parse", "HEAD")+want {
			t.Errorf("change %d: %q", i, got)
		}
	}
	if got := askGit(filepath.Dir(file)); got != "" {
		t.Errorf("a folder inside a repository has its revision, %q", got)
	}
}
