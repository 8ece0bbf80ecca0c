package cache

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"r2unet/internal/durable"
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
	me := durable.Self()
	ended, far := me, me
	ended.PID = gone.Process.Pid
	far.Host, far.Boot, far.PID = "far", "far", ended.PID
	dead := []string{
		filepath.Join(dir, unfinished+ended.Mark()+"-1"), filepath.Join(sub, unfinished+ended.Mark()+"-2"),
	}
	alive := []string{
		filepath.Join(sub, unfinished+me.Mark()+"-3"), filepath.Join(sub, unfinished+far.Mark()+"-4"),
		filepath.Join(sub, "cdef"),
	}
	for _, path := range slices.Concat(dead, alive) {
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	Open(dir)
	for i, path := range slices.Concat(dead, alive) {
		if _, err := os.Stat(path); (err == nil) != (i >= len(dead)) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestManyWritersOfOneSampleLeaveItWhole, whoever reads it meanwhile.
func TestManyWritersOfOneSampleLeaveItWhole(t *testing.T) {
	dir := t.TempDir()
	want, key := sample(64, 64, 3, "file"), Key("a")
	var all sync.WaitGroup
	for range 8 {
		s := Open(dir)
		all.Go(func() {
			for range 20 {
				if err := s.Put(key, want); err != nil {
					t.Error(err)
				}
				if data, err := os.ReadFile(s.path(key)); err != nil || decode(data) == nil {
					t.Errorf("%d bytes, %v", len(data), err)
				}
			}
		})
	}
	all.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, "samples", "*", unfinished+"*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestAWriteWhoseTemporaryFileIsTakenAwaySucceeds: an older program on another machine takes its owner for dead.
func TestAWriteWhoseTemporaryFileIsTakenAwaySucceeds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	taken := 0
	rename = func(from, to string) error {
		if taken++; taken == 1 {
			if err := os.Remove(from); err != nil {
				t.Error(err)
			}
		}
		return os.Rename(from, to)
	}
	defer func() { rename = os.Rename }()
	if err := replace(path, []byte("x")); err != nil || taken != 2 {
		t.Errorf("%d renames, %v", taken, err)
	}
	// Another machine's equal file is as good as one's own.
	rename = func(string, string) error { return os.ErrPermission }
	if err := replace(path, []byte("x")); err != nil {
		t.Error(err)
	}
	if err := replace(path, []byte("y")); err == nil {
		t.Error("no error, though another content is there")
	}
}
