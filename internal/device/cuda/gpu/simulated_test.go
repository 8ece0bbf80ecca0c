//go:build !r2gpu && !race

package gpu

import (
	"testing"

	"r2unet/internal/device/cuda"
	"r2unet/internal/device/cuda/sim"
)

const simulated = true

// open takes a simulated GPU that watches for races.
func open(t *testing.T, options cuda.Options) *cuda.Device {
	return start(t, sim.New(sim.Options{Seed: 1, Races: true}), options)
}
