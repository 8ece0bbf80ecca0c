//go:build unix

package benchmark

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

// forgetPeak gives unused memory back and lets peakRSS begin anew, where the system can: on Linux.
func forgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // elsewhere the peak of all cases so far stays
}

// peakRSS is the largest resident memory of this process in bytes.
func peakRSS() int64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return maxRSS(&usage)
}

// peakRSSOf is the same for a process that has ended.
func peakRSSOf(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return maxRSS(usage)
}

func maxRSS(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss) // bytes there, kibibytes elsewhere
	}
	return int64(usage.Maxrss) * 1024
}
