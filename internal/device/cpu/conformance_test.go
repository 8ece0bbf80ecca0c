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
