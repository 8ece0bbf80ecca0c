//go:build !linux

package cpu

// hostMemory is how many bytes the process may still take; 0 = not known on this system.
func hostMemory() int64 { return 0 }
