package cuda

import (
	"testing"

	"r2unet/internal/device/conformance"
	"r2unet/internal/device/cuda/sim"
)

func simulated(t *testing.T, options Options, races bool) (*Device, *sim.Driver) {
	t.Helper()
	driver := sim.New(sim.Options{Seed: 1, Races: races})
	dev, err := New(driver, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev, driver
}

func TestDeviceConformsToReference(t *testing.T) {
	dev, _ := simulated(t, Options{}, true)
	conformance.Run(t, dev)
}
