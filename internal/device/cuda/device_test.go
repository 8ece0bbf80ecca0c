// The simulator has nothing to race, and takes half a minute under the race detector.

//go:build !race

package cuda

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda/sim"
	"r2unet/internal/device/ref"
)

func simulated(t *testing.T, options Options, simulator sim.Options) (*Device, *sim.Driver) {
	t.Helper()
	driver := sim.New(simulator)
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

// step is a small plan that uses most kinds of kernels: a convolution with its own statistics, norm and ReLU,
// pooling, an up-convolution concatenated with the skip, a head, the loss, and all gradients of the head's
// convolution and Adam.
type step struct {
	plan              *device.Plan
	image, w, loss    *device.Tensor
	m, v, rates, grad *device.Tensor
	buffers           []*device.Tensor
}

const stepSamples, stepSize = 2, 10

func newStep(t *testing.T, dev device.Device) *step {
	t.Helper()
	s := &step{plan: &device.Plan{}}
	random := rand.New(rand.NewPCG(1, 2))
	buffer := func(name string, kind device.Kind, fill func() float64, shape ...int) *device.Tensor {
		b, err := dev.Alloc(shape, kind)
		if err != nil {
			t.Fatal(err)
		}
		values := make([]float32, elements(shape))
		for i := range values {
			values[i] = float32(fill())
		}
		if err := dev.Write(b, values); err != nil {
			t.Fatal(err)
		}
		tensor := &device.Tensor{Name: name, Shape: shape, Kind: kind, Buffer: b}
		s.buffers = append(s.buffers, tensor)
		return tensor
	}
	arena := func(name string, shape ...int) *device.Tensor {
		tensor := &device.Tensor{Name: name, Shape: shape, Kind: device.Features, Offset: s.plan.Arena}
		s.plan.Arena += (dev.Size(shape, device.Features) + 63) / 64 * 64
		return tensor
	}
	rate := 1e-4 // 0.01 and 1 when drawn
	zero, one := func() float64 { return 0 }, func() float64 { return 1 }
	const n, h = stepSamples, stepSize
	s.image = buffer("image", device.Features, random.NormFloat64, n, 2, h, h)
	target := buffer("target", device.Features, func() float64 { return float64(random.IntN(2)) }, n, 1, h, h)
	s.w = buffer("w", device.Plain, random.NormFloat64, 5, 2, 3, 3)
	up := buffer("up", device.Plain, random.NormFloat64, 5, 5, 2, 2)
	head := buffer("head", device.Plain, random.NormFloat64, 1, 10, 1, 1)
	stats := buffer("stats", device.Plain, zero, 2, 5)
	running := buffer("running", device.Plain, one, 2, 5)
	norm := &calls.Norm{
		Stats: stats, Gamma: buffer("gamma", device.Plain, one, 5), Beta: buffer("beta", device.Plain, zero, 5),
		Epsilon: 1e-5,
	}
	s.loss = buffer("loss", device.Plain, zero)
	s.grad = buffer("gradient", device.Plain, zero, 5, 2, 3, 3)
	sums := buffer("sums", device.Plain, zero, 2, 5)
	s.m, s.v = buffer("m", device.Plain, zero, 5, 2, 3, 3), buffer("v", device.Plain, zero, 5, 2, 3, 3)
	s.rates = buffer("rates", device.Plain, func() float64 { rate *= 100; return rate }, 2)

	z := arena("z", n, 5, h, h)
	both := arena("both", n, 10, h, h)
	skip := &device.Tensor{Name: "skip", Shape: []int{n, 5, h, h}, Kind: device.Features, Parent: both}
	beside := &device.Tensor{Name: "beside", Shape: []int{n, 5, h, h}, Kind: device.Features, Parent: both, Start: 5}
	small := arena("small", n, 5, h/2, h/2)
	logits, dlogits := arena("logits", n, 1, h, h), arena("dlogits", n, 1, h, h)
	dboth := arena("dboth", n, 10, h, h)
	dskip := &device.Tensor{Name: "dskip", Shape: []int{n, 5, h, h}, Kind: device.Features, Parent: dboth}
	dbeside := &device.Tensor{Name: "dbeside", Shape: []int{n, 5, h, h}, Kind: device.Features, Parent: dboth, Start: 5}
	dsmall := arena("dsmall", n, 5, h/2, h/2)
	dz := arena("dz", n, 5, h, h)
	weights := calls.LossWeights{BCE: 1, Dice: 0.5}
	s.plan.Calls = []device.Call{
		&calls.Conv{X: s.image, W: s.w, Z: z, Stats: stats},
		&calls.UpdateRunning{Stats: stats, Running: running, Momentum: 0.1, Count: n * h * h},
		&calls.Activate{Z: z, Norm: norm, Y: skip},
		&calls.MaxPool{X: skip, Y: small},
		&calls.UpConv{X: small, W: up, Y: beside},
		&calls.Conv{X: both, W: head, Z: logits},
		&calls.Loss{Weights: weights, Logits: logits, Target: target, Loss: s.loss},
		&calls.LossGrad{Weights: weights, Logits: logits, Target: target, DLogits: dlogits},
		&calls.ConvGradData{DZ: dlogits, W: head, DX: dboth},
		&calls.UpConvGradData{DY: dbeside, W: up, DX: dsmall},
		&calls.MaxPoolGrad{X: skip, DY: dsmall, Acc: dskip, DX: dskip},
		&calls.NormGradSums{Z: z, Norm: norm, DY: dskip, Sums: sums},
		&calls.ActivateGrad{Z: z, Norm: norm, DY: dskip, Sums: sums, DZ: dz},
		&calls.ConvGradWeight{DZ: dz, X: s.image, DW: s.grad},
		&calls.Adam{Param: s.w, Grad: s.grad, M: s.m, V: s.v, Rates: s.rates, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
	}
	return s
}

// run runs the step the given number of times in a poisoned arena and returns all buffers.
func (s *step) run(t *testing.T, dev device.Device, times int) [][]float32 {
	t.Helper()
	program, err := dev.Compile(s.plan)
	if err != nil {
		t.Fatal(err)
	}
	for range times {
		program.Poison()
		if err := program.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	results := make([][]float32, len(s.buffers))
	for i, b := range s.buffers {
		results[i] = make([]float32, b.Elements())
		if err := dev.Read(results[i], b.Buffer); err != nil {
			t.Fatal(err)
		}
	}
	return results
}

func TestThreeStepsAgreeWithReference(t *testing.T) {
	oracle := ref.New[float64]()
	dev, _ := simulated(t, Options{}, sim.Options{Seed: 3, Races: true})
	s := newStep(t, dev)
	want, got := newStep(t, oracle).run(t, oracle, 3), s.run(t, dev, 3)
	for i, b := range s.buffers {
		var distance, size float64
		for j, v := range want[i] {
			distance += math.Pow(float64(got[i][j])-float64(v), 2)
			size += math.Pow(float64(v), 2)
		}
		// Rounding errors grow over three steps, and v holds squares.
		if d := math.Sqrt(distance / max(size, 1e-30)); !(d < 3e-5) {
			t.Errorf("%s is %.3g away from ref", b, d)
		}
	}
}

func TestReplayAndAnyThreadOrderGiveTheSameBits(t *testing.T) {
	var want [][]float32
	for _, c := range []struct {
		name  string
		eager bool
		seed  uint64
	}{{"eager", true, 1}, {"replayed", false, 1}, {"other thread order", false, 99}} {
		dev, driver := simulated(t, Options{Eager: c.eager}, sim.Options{Seed: c.seed})
		got := newStep(t, dev).run(t, dev, 4)
		if replays := driver.Replays; (replays == 0) != c.eager {
			t.Errorf("%s: %d replays", c.name, replays)
		}
		if want == nil {
			want = got
		}
		for i := range want {
			for j, v := range want[i] {
				if math.Float32bits(v) != math.Float32bits(got[i][j]) {
					t.Fatalf("%s: element %d of buffer %d is %v, want %v", c.name, j, i, got[i][j], v)
				}
			}
		}
	}
}

func TestRunTakesNoMemory(t *testing.T) {
	dev, driver := simulated(t, Options{}, sim.Options{})
	s := newStep(t, dev)
	program, err := dev.Compile(s.plan)
	if err != nil {
		t.Fatal(err)
	}
	before := driver.Allocations()
	for range 3 {
		if err := program.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if after := driver.Allocations(); after != before {
		t.Errorf("%d allocations in three runs", after-before)
	}
}

func TestDroppedProgramsGiveTheirMemoryBack(t *testing.T) {
	dev, _ := simulated(t, Options{}, sim.Options{})
	s := newStep(t, dev)
	buffers := len(dev.owned)
	for range 10 {
		program, err := dev.Compile(s.plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := program.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for range 500 { // cleanups run on a goroutine of the runtime
		runtime.GC()
		time.Sleep(time.Millisecond)
		if err := dev.collect(); err != nil {
			t.Fatal(err)
		}
		if len(dev.owned) <= buffers+4 {
			return
		}
	}
	t.Errorf("%d pieces of memory for ten dropped programs", len(dev.owned)-buffers)
}

func TestCancelledContextStopsProgram(t *testing.T) {
	dev, driver := simulated(t, Options{Eager: true}, sim.Options{})
	program, err := dev.Compile(newStep(t, dev).plan)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := program.Run(ctx); err != context.Canceled {
		t.Errorf("error is %v", err)
	}
	if driver.Launches != 0 {
		t.Errorf("%d launches", driver.Launches)
	}
}

func TestForeignBuffersAndWrongLengthsAreErrors(t *testing.T) {
	dev, _ := simulated(t, Options{}, sim.Options{})
	foreign, err := ref.New[float32]().Alloc([]int{3}, device.Plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Write(foreign, make([]float32, 3)); err == nil {
		t.Error("wrote to another device's buffer")
	}
	own, err := dev.Alloc([]int{3}, device.Plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Read(make([]float32, 2), own); err == nil {
		t.Error("read 2 of 3 elements")
	}
	plan := &device.Plan{Calls: []device.Call{
		&calls.Adam{Param: &device.Tensor{Name: "foreign", Shape: []int{3}, Buffer: foreign}},
	}}
	if _, err := dev.Compile(plan); err == nil {
		t.Error("compiled a plan over another device's buffer")
	}
}
