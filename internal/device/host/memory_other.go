//go:build !linux && !windows

package host

// available is how many bytes the process may still take; 0 = not known on this system.
func available() int64 { return 0 }
