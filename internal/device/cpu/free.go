package cpu

import "r2unet/internal/device"

var _ device.Meter = (*Device)(nil)

// Free is what the machine's memory has left for this process. It is known on Linux.
func (*Device) Free() (bytes int64, known bool) {
	bytes = hostMemory()
	return bytes, bytes > 0
}
