//go:build unix

package host

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// Peak returns the largest resident memory that this process has had, in bytes; 0 if it is not known.
func Peak() int64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return maxResident(&usage)
}

// ProcessorTime returns the time for which this process has computed, all of its threads together, as the system
// counts it; 0 if it is not known.
func ProcessorTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// PeakOf returns the same for a process that has ended.
func PeakOf(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return maxResident(usage)
}

func maxResident(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss) //nolint:unconvert // bytes there, kibibytes elsewhere, of 32 bits on some systems
	}
	return int64(usage.Maxrss) * 1024 //nolint:unconvert // of 32 bits on some systems
}
