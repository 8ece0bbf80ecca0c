// Package host reports the memory of the machine for the devices that compute in it.
package host

import (
	"fmt"
	"runtime/debug"
)

// Memory implements device.Meter for the machine's memory, to be embedded in a device.
type Memory struct{}

// Free returns how many bytes this process may still allocate. It is known on Linux and Windows.
func (Memory) Free() (bytes int64, known bool) {
	bytes = available()
	return bytes, bytes > 0
}

const (
	// little is what is allocated without checking, because checking reads files of the system.
	little = 64 << 20
	// addresses is the size of the address space of today's processors.
	addresses = 1 << 47
)

// Room returns an error if n more bytes are not available: Go terminates the program when the system refuses memory,
// and a system that overcommits terminates it later.
func (m Memory) Room(n int64) error {
	if n < little {
		return nil
	}
	free, known := m.Free()
	if known && n > free {
		debug.FreeOSMemory() // garbage counts as used until it is returned to the system
		free, known = m.Free()
	}
	if known && n > free || n > addresses {
		return fmt.Errorf("takes about %.1f GB of memory, and %.1f GB is available", float64(n)/1e9, float64(free)/1e9)
	}
	return nil
}
