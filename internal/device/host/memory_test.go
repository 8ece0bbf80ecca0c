package host

import (
	"runtime"
	"testing"
)

func TestFreeMemoryIsKnownOnLinux(t *testing.T) {
	bytes, known := Memory{}.Free()
	if known != (runtime.GOOS == "linux") || known && (bytes < 1<<20 || bytes > 1<<50) {
		t.Errorf("%d bytes are free, known: %v", bytes, known)
	}
}
