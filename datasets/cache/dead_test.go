package cache

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestUnfinishedFilesOfDeadProcessesAreRemoved(t *testing.T) {
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sub := filepath.Join(dir, "samples", "ab")
	if err := os.MkdirAll(sub, 0o777); err != nil {
		t.Fatal(err)
	}
	dead := []string{
		filepath.Join(dir, fmt.Sprintf("%s%d-1", unfinished, gone.Process.Pid)),
		filepath.Join(sub, fmt.Sprintf("%s%d-2", unfinished, gone.Process.Pid)),
		filepath.Join(sub, unfinished+"12345"), // the name of earlier versions
		filepath.Join(sub, fmt.Sprintf("%s%d-4", unfinished, os.Getpid())),
	}
	alive := []string{
		filepath.Join(sub, fmt.Sprintf("%s%d-5", unfinished, os.Getpid())),
		filepath.Join(sub, fmt.Sprintf("%s%d-6", unfinished, os.Getppid())), filepath.Join(sub, "cdef"),
	}
	for _, path := range slices.Concat(dead, alive) {
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	before := begun.Add(-time.Hour)
	if err := os.Chtimes(dead[3], before, before); err != nil {
		t.Fatal(err)
	}
	after := begun.Add(time.Hour)
	if err := os.Chtimes(alive[0], after, after); err != nil {
		t.Fatal(err)
	}
	Open(dir)
	for i, path := range slices.Concat(dead, alive) {
		if _, err := os.Stat(path); (err == nil) != (i >= len(dead)) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
