// Package conformance checks a device against ref: every kind of call, over shapes of every class, with separate
// operands, with views of channels, and in place, in an arena filled with NaN.
package conformance

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"

	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// Tolerance bounds the distance of a result from ref's in float64, as ‖a − b‖ / ‖b‖ of the whole tensor.
const Tolerance = 1e-5

// A test builds the call under test on a bench.
type test struct {
	name  string
	build func(b *bench)
	large bool
}

// large is the number of multiplications from which convolutions are omitted from short tests.
const large = 1 << 20

// groups return the tests of each kind of call; a new operator adds its own.
var groups = []func() []test{
	mapTests, normTests, convTests, upConvTests, vectorTests, generalLossTests, featureTests, classTests,
	groupNormTests, samplingTests, dropBlockTests, windowTests,
}

// Run runs every call on dev and on ref and compares the results. Short tests omit large shapes.
func Run(t *testing.T, dev device.Device) {
	var tests []test
	for _, group := range groups {
		tests = append(tests, group()...)
	}
	for _, test := range tests {
		if test.large && testing.Short() {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			for _, place := range []placement{separate, views, inPlace} {
				want, err := expected(place, test)
				if err != nil {
					t.Fatalf("ref: %v", err)
				}
				got, err := results(dev, place, test)
				if err != nil {
					t.Fatalf("operands %s: %v", place, err)
				}
				for name, values := range want {
					if distance := distance(got[name], values); !(distance <= Tolerance) {
						t.Errorf("operands %s: %s is %.3g away from ref", place, name, distance)
					}
				}
			}
		})
	}
}

// known caches ref's results for devices that are run with several kinds of kernels.
var known sync.Map

func expected(place placement, test test) (map[string][]float32, error) {
	key := string(place) + test.name
	if want, ok := known.Load(key); ok {
		return want.(map[string][]float32), nil
	}
	want, err := results(ref.New[float64](), place, test)
	if err == nil {
		known.Store(key, want)
	}
	return want, err
}

// results runs one test on one device.
func results(dev device.Device, place placement, test test) (map[string][]float32, error) {
	b := &bench{dev: dev, place: place, plan: &device.Plan{}, buffers: map[string]device.Buffer{}}
	test.build(b)
	b.probe()
	if b.err != nil {
		return nil, b.err
	}
	program, err := dev.Compile(b.plan)
	if err != nil {
		return nil, err
	}
	program.Poison()
	if err := program.Run(context.Background()); err != nil {
		return nil, err
	}
	out := map[string][]float32{}
	for name, buffer := range b.buffers {
		values := make([]float32, elements(buffer.Shape()))
		if err := dev.Read(values, buffer); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		out[name] = values
	}
	return out, nil
}

// distance returns ‖got − want‖ / ‖want‖, absolute if want is zero.
func distance(got, want []float32) float64 {
	var difference, norm float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		difference += d * d
		norm += float64(w) * float64(w)
	}
	if norm == 0 {
		return math.Sqrt(difference)
	}
	return math.Sqrt(difference / norm)
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
