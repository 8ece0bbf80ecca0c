package host

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32         = windows.NewLazySystemDLL("kernel32.dll")
	getMemoryInfo    = kernel32.NewProc("K32GetProcessMemoryInfo")
	getMachineMemory = kernel32.NewProc("GlobalMemoryStatusEx")
)

// memoryCounters is PROCESS_MEMORY_COUNTERS of psapi.h.
type memoryCounters struct {
	size, pageFaults                                         uint32
	peakWorkingSet, workingSet                               uintptr
	peakPaged, paged, peakNonPaged, nonPaged, file, peakFile uintptr
}

// ProcessorTime returns the time for which this process has computed, all of its threads together, as the system
// counts it; 0 if it is not known.
func ProcessorTime() time.Duration {
	var created, ended, kernel, user windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &created, &ended, &kernel, &user) != nil {
		return 0
	}
	ticks := func(t windows.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) }
	return time.Duration(100 * (ticks(kernel) + ticks(user)))
}

// Peak returns the largest resident memory that this process has had, in bytes; 0 if it is not known.
func Peak() int64 {
	counters := memoryCounters{}
	counters.size = uint32(unsafe.Sizeof(counters))
	if ok, _, _ := getMemoryInfo.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&counters)),
		uintptr(counters.size)); ok == 0 {
		return 0
	}
	return int64(counters.peakWorkingSet)
}

// PeakOf is not known on Windows once a process has ended.
func PeakOf(*os.ProcessState) int64 { return 0 }
