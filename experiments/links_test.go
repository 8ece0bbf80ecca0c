package experiments

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestResultsFolderWithLinksThatLeadOutIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		link, to string
		refused  bool
	}{
		"none":                  {"", "", false},
		"within":                {"runs/a/predictions", "../../samples", false},
		"pictures elsewhere":    {"runs/a/predictions", "../../../elsewhere", true},
		"the log elsewhere":     {"sweep.log", "../elsewhere/file", true},
		"to nothing":            {"tables", "../nothing", true},
		"to itself":             {"figures", "figures", true},
		"the folder above":      {"runs/a/samples", "../../..", true},
		"a name that begins so": {"figures", "../quick-elsewhere", true},
		"a system's folder":     {"runs/b", "/", true},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			for _, folder := range []string{"quick/runs/a", "quick/samples", "elsewhere", "quick-elsewhere"} {
				if err := os.MkdirAll(filepath.Join(out, folder), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(out, "elsewhere", "file"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if c.link != "" {
				if err := os.Symlink(c.to, filepath.Join(out, "quick", c.link)); err != nil {
					t.Skip(err)
				}
			}
			_, err := sweepFolder(out, "quick", false)
			if c.refused != (err != nil) || err != nil &&
				!strings.Contains(err.Error(), filepath.Join("quick", c.link)+" is a symbolic link to "+c.to) {
				t.Errorf("error %v", err)
			}
			if _, err := sweepFolder(out, "quick", true); err != nil {
				t.Errorf("a new folder is refused: %v", err)
			}
		})
	}
}

func TestResultsFolderMayItselfBeALink(t *testing.T) {
	out, disk := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(disk, "runs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(disk, filepath.Join(out, "quick")); err != nil {
		t.Skip(err)
	}
	if folder, err := sweepFolder(out, "quick", false); err != nil || folder != filepath.Join(out, "quick") {
		t.Errorf("folder %q, error %v", folder, err)
	}
}
