package cpu

import (
	"testing"

	"r2unet/internal/device/conformance"
	"r2unet/internal/device/cpu/isa"
)

func TestConformance(t *testing.T) {
	for _, set := range isa.Available() {
		if testing.Short() && set != isa.Best() {
			continue
		}
		t.Run(set.String(), func(t *testing.T) {
			dev := newDevice(3, set)
			defer dev.Close()
			conformance.Run(t, dev)
		})
	}
}

// TestConformanceWithoutKernels runs every call by its definition: that is how an operator computes here before it
// has a kernel.
func TestConformanceWithoutKernels(t *testing.T) {
	dev := newDevice(2, isa.Best())
	defer dev.Close()
	dev.definitions = true
	conformance.Run(t, dev)
}
