// Package host knows the memory of the machine that the program runs on, for the devices that compute in it.
package host

import (
	"fmt"
	"runtime/debug"
)

// Memory is a device.Meter of the machine's memory, to be embedded in a device.
type Memory struct{}

// Free is how many bytes this process may still take. It is known on Linux and Windows.
func (Memory) Free() (bytes int64, known bool) {
	bytes = available()
	return bytes, bytes > 0
}

const (
	// little is what is taken without asking: to ask reads files of the system.
	little = 64 << 20
	// addresses is what programs have on the processors of today.
	addresses = 1 << 47
)

// Room is an error where n more bytes are not there: Go ends the whole program when the system refuses memory, and a system that promises
// what it has not ends it later.
func (m Memory) Room(n int64) error {
	if n < little {
		return nil
	}
	free, known := m.Free()
	if known && n > free {
		debug.FreeOSMemory() // garbage counts as taken until the system has it back
		free, known = m.Free()
	}
	if known && n > free || n > addresses {
		return fmt.Errorf("takes about %.1f GB of memory, and %.1f GB is available", float64(n)/1e9, float64(free)/1e9)
	}
	return nil
}
