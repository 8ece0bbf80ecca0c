//go:build !linux

package experiments

// availableMemory is how many bytes the process may still take; 0 = not known on this system.
func availableMemory() int64 { return 0 }
