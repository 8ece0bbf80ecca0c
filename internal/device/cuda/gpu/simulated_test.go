//go:build !r2gpu && !race

package gpu

import (
	"testing"

	"r2unet/internal/device/cuda"
	"r2unet/internal/device/cuda/sim"
)

const simulated = true

// open opens a simulated GPU that detects races.
func open(t *testing.T, options cuda.Options) *cuda.Device {
	return start(t, sim.New(sim.Options{Seed: 1, Races: true}), options)
}
