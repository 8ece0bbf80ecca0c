// Package host knows the memory of the machine that the program runs on, for the devices that compute in it.
package host

// Memory is a device.Meter of the machine's memory, to be embedded in a device.
type Memory struct{}

// Free is how many bytes this process may still take. It is known on Linux and Windows.
func (Memory) Free() (bytes int64, known bool) {
	bytes = available()
	return bytes, bytes > 0
}
