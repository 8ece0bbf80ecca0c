package host

import "unsafe"

// memoryStatus is MEMORYSTATUSEX of sysinfoapi.h.
type memoryStatus struct {
	size, load                                                                     uint32
	physical, freePhysical, pageFile, freePageFile, address, freeAddress, extended uint64
}

// available returns how much memory the machine has left; 0 if that is not known.
func available() int64 {
	status := memoryStatus{}
	status.size = uint32(unsafe.Sizeof(status))
	if ok, _, _ := getMachineMemory.Call(uintptr(unsafe.Pointer(&status))); ok == 0 {
		return 0
	}
	return int64(status.freePhysical)
}
