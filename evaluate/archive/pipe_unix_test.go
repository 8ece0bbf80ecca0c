//go:build unix

package archive_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestPipeIsNotWaitedFor(t *testing.T) {
	folder, ids := sweep(t)
	path := filepath.Join(folder, "runs", ids[0], "curves.json")
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Skip(err)
	}
	s := open(t, folder)
	if problems := strings.Join(s.AllProblems(), "\n"); !strings.Contains(problems,
		"curves.json is not a regular file") {
		t.Errorf("problems %q", problems)
	}
}
