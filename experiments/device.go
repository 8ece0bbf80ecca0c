package experiments

import (
	"fmt"
	"strings"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/ref"
)

// openDevice starts a device by its kind: "cpu", "ref", or "auto" for the fastest there is. Threads counts those of the
// cpu device; 0 means as many as the process may use.
func openDevice(kind string, threads int) (device.Device, error) {
	switch strings.ToLower(kind) {
	case "auto", "cpu":
		return cpu.New(threads)
	case "ref":
		return ref.New[float32](), nil
	}
	return nil, fmt.Errorf("-device %s: unknown; there are auto, cpu and ref (plain Go, slow: the definition of every result)", kind)
}
