//go:build unix

package segment

import (
	"syscall"
	"testing"
)

// makePipe makes a named pipe, or skips the test.
func makePipe(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Skip(err)
	}
}
