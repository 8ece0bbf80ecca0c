package model

import (
	"math"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
	"r2unet/internal/torchtest"
	"r2unet/layers/optimizers"
)

// torchSteps are weights after steps of PyTorch's optimizers, from testdata/optimizers.py, which says what is computed.
type torchSteps struct {
	Cases []struct {
		Optimizer   string
		Decay, Clip float64
		Sizes       []int // of the batches of each update, in samples
		Start, End  []float64
	}
}

// TestUpdatesAreThoseOfPyTorch compares 50 updates in float64 with committed numbers: weight decay, clipping and
// accumulation with the optimizer.
func TestUpdatesAreThoseOfPyTorch(t *testing.T) {
	var want torchSteps
	torchtest.Read(t, "testdata/optimizers.json", &want)
	compareSteps(t, want)
}

// TestUpdatesAreThoseOfPyTorchHere compares with the PyTorch of this machine.
func TestUpdatesAreThoseOfPyTorchHere(t *testing.T) {
	var want torchSteps
	torchtest.Run(t, "testdata/optimizers.py", &want)
	compareSteps(t, want)
}

func compareSteps(t *testing.T, want torchSteps) {
	t.Helper()
	for _, c := range want.Cases {
		name, optimizer, err := optimizers.Get(c.Optimizer)
		if err != nil {
			t.Fatal(err)
		}
		s := bareSteps{t: t, dev: ref.New[float64](), m: &Model{optimizer: optimizer, optimizerName: name}}
		s.m.dev = s.dev
		s.m.config = Config{WeightDecay: c.Decay, ClipNorm: c.Clip, Accumulate: len(c.Sizes) > 1}
		s.allocate(c.Start)
		for k := range 50 {
			s.update(0.01*(1+math.Sin(float64(k))/2), c.Sizes)
		}
		for i, got := range s.read(s.m.weights) {
			if !(math.Abs(got-c.End[i]) <= 1e-10) {
				t.Errorf("%s, decay %g, clip %g, batches of %v: weight %d is %.15g, PyTorch %.15g",
					c.Optimizer, c.Decay, c.Clip, c.Sizes, i, got, c.End[i])
			}
		}
	}
}

// bareSteps takes the update of a model without a network, in float64.
type bareSteps struct {
	t   *testing.T
	dev *ref.Device[float64]
	m   *Model
}

func (s bareSteps) allocate(start []float64) {
	s.t.Helper()
	vector := func(n int) *device.Tensor {
		tensor, err := persistent(s.dev, "vector", []int{n}, device.Plain)
		if err != nil {
			s.t.Fatal(err)
		}
		return tensor
	}
	m, n := s.m, len(start)
	m.weights, m.grads, m.numbers = vector(n), vector(n), vector(len(m.optimizer.Numbers(1, 1)))
	for range m.optimizer.State() {
		m.kept = append(m.kept, vector(n))
	}
	if optimizers.Decouples(m.optimizer) {
		m.fraction = vector(1)
	}
	if m.config.Accumulate {
		m.mean, m.shares = vector(n), vector(2)
	}
	s.write(m.weights, start)
}

// update takes one update, of batches of so many samples, with the gradients that the script has.
func (s bareSteps) update(rate float64, sizes []int) {
	s.t.Helper()
	m := s.m
	for _, size := range sizes {
		gradients := s.read(m.weights)
		for i, w := range gradients {
			gradients[i] = (1 + float64(i)/4) * math.Sin(3*w+0.7*float64(m.batches))
		}
		s.write(m.grads, gradients)
		for _, n := range m.batchNumbers(size, false) {
			s.write(n.to, n.values)
		}
		if m.config.Accumulate {
			s.run(&calls.Accumulate{Grad: m.grads, Mean: m.mean, Shares: m.shares})
		}
		m.batches++
		m.samples += size
	}
	for _, n := range m.updateNumbers(rate) {
		s.write(n.to, n.values)
	}
	s.run(m.update()...)
	m.step++
	m.samples = 0
}

func (s bareSteps) run(list ...device.Call) {
	s.t.Helper()
	program, err := s.dev.Compile(&device.Plan{Calls: list})
	if err == nil {
		err = program.Run(s.t.Context())
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s bareSteps) read(from *device.Tensor) []float64 {
	s.t.Helper()
	out := make([]float64, from.Elements())
	if err := s.dev.ReadExact(out, from.Buffer); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s bareSteps) write(to *device.Tensor, values []float64) {
	s.t.Helper()
	if err := s.dev.WriteExact(to.Buffer, values); err != nil {
		s.t.Fatal(err)
	}
}
