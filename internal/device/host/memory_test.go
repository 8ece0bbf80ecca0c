package host

import (
	"runtime"
	"testing"
)

func TestFreeMemoryIsKnownOnLinuxAndWindows(t *testing.T) {
	bytes, known := Memory{}.Free()
	if known != (runtime.GOOS == "linux" || runtime.GOOS == "windows") || known && (bytes < 1<<20 || bytes > 1<<50) {
		t.Errorf("%d bytes are free, known: %v", bytes, known)
	}
}

func TestPeakIsAtLeastWhatIsTaken(t *testing.T) {
	taken := make([]byte, 64<<20)
	for i := range taken {
		taken[i] = 1
	}
	if peak := Peak(); peak < int64(len(taken)) || peak > 1<<50 {
		t.Errorf("%d bytes with %d taken", peak, len(taken))
	}
	runtime.KeepAlive(taken)
}
