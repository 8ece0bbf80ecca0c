package model

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// TestKinksAreFoundAndCrossed: a difference of two maps, a ReLU with or without a norm, a max-pool and its gradient.
// The first pixel stands three roundings above the kink of the ReLU, and of the window's largest values the second is
// two roundings below the first.
func TestKinksAreFoundAndCrossed(t *testing.T) {
	for _, normed := range []bool{false, true} {
		dev := ref.New[float64]()
		buffer := func(name string, kind device.Kind, values []float64, shape ...int) *device.Tensor {
			b, err := dev.Alloc(shape, kind)
			if err != nil {
				t.Fatal(err)
			}
			if err := dev.WriteExact(b, values); err != nil {
				t.Fatal(err)
			}
			return &device.Tensor{Name: name, Shape: shape, Kind: kind, Buffer: b}
		}
		zeros := func(name string, n int, shape ...int) *device.Tensor {
			return buffer(name, device.Features, make([]float64, n), shape...)
		}
		x := buffer("x", device.Features, []float64{1, 5, 3, 5 - 12*unit, 1 - 6*unit, 1, 1, 1}, 1, 2, 2, 2)
		w := buffer("w", device.Plain, []float64{1, -1}, 1, 2, 1, 1)
		z, y, p := zeros("z", 4, 1, 1, 2, 2), zeros("y", 4, 1, 1, 2, 2), zeros("p", 1, 1, 1, 1, 1)
		dy, dx := buffer("dy", device.Features, []float64{1}, 1, 1, 1, 1), zeros("dx", 4, 1, 1, 2, 2)
		activate := &calls.Activate{Z: z, Y: y}
		if normed { // that changes nothing: scale 1, mean and shift 0
			activate.Norm = &calls.Norm{
				Stats: buffer("stats", device.Plain, []float64{0, 3}, 2, 1), Gamma: buffer("gamma",
					device.Plain, []float64{2}, 1),
				Beta: buffer("beta", device.Plain, []float64{0}, 1), Epsilon: 1,
			}
		}
		program, err := dev.Compile(&device.Plan{Calls: []device.Call{
			&calls.Conv{
				X: x, W: w, Z: z,
			}, activate, &calls.MaxPool{X: y, Y: p}, &calls.MaxPoolGrad{X: y, DY: dy, DX: dx},
		}})
		if err != nil {
			t.Fatal(err)
		}
		run := func(crossed []kink) (near []kink, z0 float64, chosen int) {
			k := watchKinks(0, crossed)
			dev.Watch = k.watch
			if err := program.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			gradient, sums := make([]float64, 4), make([]float64, 4)
			if err := dev.ReadExact(gradient, dx.Buffer); err != nil {
				t.Fatal(err)
			}
			if err := dev.ReadExact(sums, z.Buffer); err != nil {
				t.Fatal(err)
			}
			return k.near, sums[0], slices.Index(gradient, 1)
		}

		near, z0, chosen := run(nil)
		if len(near) != 2 || z0 != 6*unit || chosen != 1 {
			t.Fatalf("normed %v: near %v, the first sum %g, the gradient goes to pixel %d", normed, near, z0, chosen)
		}
		for i, want := range []struct {
			where    string
			distance float64
		}{{"ReLU", 3}, {"max-pool", 2}} {
			if !strings.Contains(near[i].where, want.where) || math.Abs(near[i].distance-want.distance) > 1e-5 {
				t.Errorf("normed %v: %v, expected a %s at %g", normed, near[i], want.where, want.distance)
			}
		}
		if _, z0, chosen = run(near); z0 != -6*unit || chosen != 3 {
			t.Errorf("normed %v: across, the first sum is %g and the gradient goes to pixel %d", normed, z0, chosen)
		}
	}
}
