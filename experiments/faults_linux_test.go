package experiments

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"r2unet/evaluate/record"
)

// mount mounts a file system in memory, or skips the test where that is not allowed.
func mount(t *testing.T, dir string, flags uintptr, options string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("a tmpfs cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
}

func TestRealFullDiskIsSurvived(t *testing.T) {
	o := inProcess(t, tiny)
	mount(t, o.Out, 0, "size=8m")
	ballast := filepath.Join(o.Out, "ballast")
	if err := os.MkdirAll(filepath.Join(o.Out, "cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	mount(t, filepath.Join(o.Out, "cache"), 0, "size=64m")
	if err := os.WriteFile(ballast, make([]byte, 8<<20-100<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	err := Sweep(t.Context(), o)
	if err == nil || !strings.Contains(err.Error()+read(t, filepath.Join(o.Out, "two", record.LogFile)),
		"no space left") {
		t.Fatalf("got %v; want no space left", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	same(t, "after a full disk", undisturbed(t, tiny), outcome(t, childOptions{Options: o}))
}

func TestReadOnlyResultsFolderIsBadInput(t *testing.T) {
	o := inProcess(t, tiny)
	o.Data = drawn(t) // so that no phantom has to be drawn below the results folder
	mount(t, o.Out, syscall.MS_RDONLY, "")
	err := Sweep(t.Context(), o)
	if ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "read-only") ||
		!strings.Contains(err.Error(), o.Out) {
		t.Errorf("exit code %d, %v", ExitCode(err), err)
	}
}
