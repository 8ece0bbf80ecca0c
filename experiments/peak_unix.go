//go:build unix

package experiments

import (
	"runtime"
	"syscall"
)

// peakMemory is the largest resident size that the process has had, in bytes; 0 where it is not known.
func peakMemory() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}
