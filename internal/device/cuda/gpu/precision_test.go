//go:build !race

package gpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda"
	"r2unet/internal/device/ref"
)

// products runs every kind of convolution over small whole numbers, whose products and sums are exact in every
// precision, and returns the results.
func products(t *testing.T, dev device.Device, channels, outputs, size int) map[string][]float32 {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 4))
	tensor := func(kind device.Kind, shape ...int) *device.Tensor {
		b, err := dev.Alloc(shape, kind)
		if err != nil {
			t.Fatal(err)
		}
		n := 1
		for _, size := range shape {
			n *= size
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(random.IntN(9) - 4)
		}
		if err := dev.Write(b, values); err != nil {
			t.Fatal(err)
		}
		return &device.Tensor{Name: "operand", Shape: shape, Kind: kind, Buffer: b}
	}
	const n = 2
	plan, results := &device.Plan{}, map[string]*device.Tensor{}
	result := func(name string, kind device.Kind, shape ...int) *device.Tensor {
		results[name] = tensor(kind, shape...)
		return results[name]
	}
	x := tensor(device.Features, n, channels, size, size)
	for _, k := range []int{1, 3} {
		w, dz := tensor(device.Plain, outputs, channels, k, k), tensor(device.Features, n, outputs, size, size)
		name := fmt.Sprintf("conv %d", k)
		plan.Calls = append(plan.Calls,
			&calls.Conv{
				X: x, W: w, Z: result(name, device.Features, dz.Shape...),
				Stats: result(name+" statistics", device.Plain, 2, outputs),
			},
			&calls.ConvGradData{DZ: dz, W: w, DX: result(name+" data", device.Features, x.Shape...)},
			&calls.ConvGradWeight{DZ: dz, X: x, DW: result(name+" weight", device.Plain, w.Shape...)})
	}
	w, dy := tensor(device.Plain, channels, outputs, 2, 2), tensor(device.Features, n, outputs, 2*size, 2*size)
	plan.Calls = append(plan.Calls,
		&calls.UpConv{X: x, W: w, Y: result("up", device.Features, dy.Shape...)},
		&calls.UpConvGradData{DY: dy, W: w, DX: result("up data", device.Features, x.Shape...)},
		&calls.UpConvGradWeight{DY: dy, X: x, DW: result("up weight", device.Plain, w.Shape...)})
	program, err := dev.Compile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	values := map[string][]float32{}
	for name, r := range results {
		values[name] = make([]float32, r.Elements())
		if err := dev.Read(values[name], r.Buffer); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

func TestProductsOfWholeNumbersAreExactInEveryPrecision(t *testing.T) {
	for _, shape := range [][3]int{{3, 5, 7}, {18, 20, 5}, {33, 40, 4}} {
		want := products(t, ref.New[float32](), shape[0], shape[1], shape[2])
		for _, precision := range []cuda.Precision{cuda.FP32, cuda.TF32} {
			dev := open(t, cuda.Options{Precision: precision})
			for name, got := range products(t, dev, shape[0], shape[1], shape[2]) {
				tolerance := 0.0
				if strings.Contains(name, "statistics") { // divisions
					tolerance = 1e-6
				}
				for i, v := range got {
					if w := float64(want[name][i]); math.Abs(float64(v)-w) > tolerance*math.Abs(w)+tolerance {
						t.Fatalf("%s %v, %s: element %d is %v, want %v", precision, shape, name, i, v, w)
					}
				}
			}
		}
	}
}
