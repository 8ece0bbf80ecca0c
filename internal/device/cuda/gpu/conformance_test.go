//go:build !race

package gpu

import (
	"flag"
	"math"
	"testing"

	"r2unet/internal/device"
	"r2unet/internal/device/conformance"
	"r2unet/internal/device/cuda"
)

var full = flag.Bool("full", false, "also on the simulator run all conformance tests and all golden networks: minutes")

// start makes a device that the test closes.
func start(t *testing.T, driver cuda.Driver, options cuda.Options) *cuda.Device {
	t.Helper()
	dev, err := cuda.New(driver, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

func TestDeviceConformsToReference(t *testing.T) {
	if simulated && !*full {
		t.Skip("give -full to simulate every kernel over all shapes")
	}
	conformance.Run(t, open(t, cuda.Options{}))
}

// TestDeviceWithoutKernelsConformsToReference runs every call by its definition on the host, with copies to and from
// the GPU, as operators without a kernel do.
func TestDeviceWithoutKernelsConformsToReference(t *testing.T) {
	conformance.Run(t, open(t, cuda.Options{Definitions: true}))
}

// thrifty is the device as if memory were scarce: activations are recomputed for their gradients.
type thrifty struct{ *cuda.Device }

func (thrifty) KeepsActivations() bool { return false }

func TestReplayedAndEagerAndThriftyTrainingGiveTheSameBits(t *testing.T) {
	for _, precision := range []cuda.Precision{cuda.FP32, cuda.TF32} {
		_, _, want := trained(t, open(t, cuda.Options{Precision: precision, Eager: true}))
		for name, dev := range map[string]device.Device{
			"replayed":                    open(t, cuda.Options{Precision: precision}),
			"with recomputed activations": thrifty{open(t, cuda.Options{Precision: precision})},
		} {
			_, _, got := trained(t, dev)
			for i := range want {
				for j, v := range want[i].Data {
					if math.Float32bits(v) != math.Float32bits(got[i].Data[j]) {
						t.Fatalf("%s: element %d of %s is %v %s and %v eager", precision, j, want[i].Name,
							got[i].Data[j], name, v)
					}
				}
			}
		}
	}
}
