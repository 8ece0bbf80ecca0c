package host

import (
	"os"
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
