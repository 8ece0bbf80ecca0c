package host

import "unsafe"

// memoryStatus is MEMORYSTATUSEX of sysinfoapi.h.
type memoryStatus struct {
	size, load                                                                     uint32
	physical, freePhysical, pageFile, freePageFile, address, freeAddress, extended uint64
}

// available is how many bytes the process may still take: what the machine has left of its memory; 0 = not known.
func available() int64 {
	status := memoryStatus{}
	status.size = uint32(unsafe.Sizeof(status))
	if ok, _, _ := getMachineMemory.Call(uintptr(unsafe.Pointer(&status))); ok == 0 {
		return 0
	}
	return int64(status.freePhysical)
}
