package model

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/ref"
	"r2unet/layers"
)

var small = Config{
	Arch:       arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Channels: []int{16, 32, 40}},
	InChannels: 1,
}

func newModel(t *testing.T, c Config, dev device.Device) *Model {
	t.Helper()
	m, err := New(c, dev)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// batch returns n patches of noise with targets.
func batch(seed uint64, n, channels, h, w int) Batch {
	random := rand.New(rand.NewPCG(seed, 1))
	b := NewBatch(n, channels, h, w)
	for i := range b.Images {
		b.Images[i] = random.Float32()
	}
	for i := range b.Targets {
		b.Targets[i] = float32(random.IntN(2))
	}
	return b
}

func train20(t *testing.T, m *Model, from, to int) {
	t.Helper()
	for step := from; step < to; step++ {
		if _, err := m.Train(context.Background(), batch(uint64(step), 4, 1, 16, 24), 2e-4); err != nil {
			t.Fatal(err)
		}
	}
}

func stateOf(t *testing.T, m *Model) []Tensor {
	t.Helper()
	state, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func sameBits(a, b []Tensor) bool {
	return slices.EqualFunc(a, b, func(x, y Tensor) bool {
		return x.Name == y.Name && slices.EqualFunc(x.Data, y.Data, func(p, q float32) bool {
			return math.Float32bits(p) == math.Float32bits(q)
		})
	})
}

// TestSameBitsForAnyNumberOfThreads after 20 training steps.
func TestSameBitsForAnyNumberOfThreads(t *testing.T) {
	var want []Tensor
	for _, threads := range []int{1, 2, 3, 8} {
		dev, err := cpu.New(threads)
		if err != nil {
			t.Fatal(err)
		}
		m := newModel(t, small, dev)
		train20(t, m, 0, 20)
		got := stateOf(t, m)
		if want == nil {
			want = got
		} else if !sameBits(got, want) {
			t.Errorf("%d threads gave another state than 1", threads)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestRestoreContinuesWithTheSameBits: 20 steps equal 12 steps, a checkpoint restored into a new model with another
// seed, and 8 steps.
func TestRestoreContinuesWithTheSameBits(t *testing.T) {
	for name, dev := range devices(t) {
		c := small
		c.Arch.Channels = []int{3, 5}
		whole := newModel(t, c, dev)
		train20(t, whole, 0, 20)
		first := newModel(t, c, dev)
		train20(t, first, 0, 12)
		c.Seed = 99
		second := newModel(t, c, dev)
		if err := second.Restore(stateOf(t, first)); err != nil {
			t.Fatal(err)
		}
		train20(t, second, 12, 20)
		if second.Step() != 20 || !sameBits(stateOf(t, second), stateOf(t, whole)) {
			t.Errorf("%s: the restored model continued with other bits", name)
		}
	}
}

// TestRestoreRefusesOtherTensors and leaves the model as it was.
func TestRestoreRefusesOtherTensors(t *testing.T) {
	m := newModel(t, small, ref.New[float32]())
	before := stateOf(t, m)
	for name, spoil := range map[string]func([]Tensor) []Tensor{
		"missing":   func(s []Tensor) []Tensor { return s[1:] },
		"twice":     func(s []Tensor) []Tensor { return append(s, s[0]) },
		"unknown":   func(s []Tensor) []Tensor { return append(s, Tensor{Name: "extra"}) },
		"misshapen": func(s []Tensor) []Tensor { s[0].Shape = []int{1}; return s },
		"no count":  func(s []Tensor) []Tensor { s[len(s)-1].Data = []float32{1.5}; return s },
	} {
		other := stateOf(t, m)
		for i := range other {
			for j := range other[i].Data {
				other[i].Data[j] = 3
			}
		}
		if err := m.Restore(spoil(other)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if !sameBits(before, stateOf(t, m)) {
		t.Error("a refused checkpoint changed the model")
	}
}

// TestTrainingStepAllocatesNoTensorMemory counts the bytes that steps allocate once the graph is compiled, and
// poisons the arena before each of them.
func TestTrainingStepAllocatesNoTensorMemory(t *testing.T) {
	dev, err := cpu.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	m := newModel(t, small, dev)
	b := batch(1, 4, 1, 32, 32)
	step := func() {
		metrics, err := m.Train(context.Background(), b, 2e-4)
		if err != nil || math.IsNaN(metrics.Loss) {
			t.Fatal(metrics, err)
		}
	}
	step()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const steps = 5
	for range steps {
		m.graphs[shape{train, 4, 32, 32}].machine.Program().Poison()
		step()
	}
	runtime.ReadMemStats(&after)
	if bytes := (after.TotalAlloc - before.TotalAlloc) / steps; bytes > 16<<10 {
		t.Errorf("a step allocates %d bytes; the smallest feature map has %d", bytes, 4*4*40*8*8)
	}
}

// TestPredictPadsAndCrops: an image of odd size gives the same as the middle of its mirrored extension.
func TestPredictPadsAndCrops(t *testing.T) {
	m := newModel(t, small, ref.New[float32]())
	const h, w, ph, pw = 5, 10, 8, 12
	image, padded := batch(5, 1, 1, h, w), NewBatch(1, 1, ph, pw)
	reflectPlane(padded.Images, ph, pw, image.Images, h, w, -1, -1)
	if at := padded.Images; at[1*pw+1] != image.Images[0] || at[0*pw+1] != image.Images[1*w] ||
		at[1*pw] != image.Images[1] {
		t.Fatal("the margin does not mirror the image")
	}
	got, whole := make([]float32, h*w), make([]float32, ph*pw)
	if err := m.Predict(context.Background(), got, image); err != nil {
		t.Fatal(err)
	}
	if err := m.Predict(context.Background(), whole, padded); err != nil {
		t.Fatal(err)
	}
	for y := range h {
		if !slices.Equal(got[y*w:][:w], whole[(y+1)*pw+1:][:w]) {
			t.Fatalf("row %d differs", y)
		}
	}
}

// TestTilesGiveTheResultOfOnePass on an image of several windows, for one logit and for three.
func TestTilesGiveTheResultOfOnePass(t *testing.T) {
	for _, classes := range []int{2, 3} {
		t.Run(fmt.Sprintf("%d classes", classes), func(t *testing.T) { checkTiles(t, classes) })
	}
}

func checkTiles(t *testing.T, classes int) {
	c := Config{
		Arch:       arch.Config{Name: "RU-Net", Block: "recurrent", T: 1, Norm: layers.NormNone, Channels: []int{3, 4}},
		InChannels: 2, Classes: classes,
	}
	for name, dev := range devices(t) {
		m := newModel(t, c, dev)
		// Two layers of two convolutions reach 4 pixels at each level: 4 + 1 (pool) + 2·4 + 2 (up) + 4 = 19.
		if p, err := m.passes(2, 90, 71, 50*50); err != nil || p.halo != 20 || p.images != 1 {
			t.Errorf("%+v (%v), expected a halo of 20", p, err)
		}
		const h, w = 90, 71
		images := batch(8, 2, 2, h, w)
		tiled, whole := make([]float32, 2*c.Outputs()*h*w), make([]float32, 2*c.Outputs()*h*w)
		if err := m.Predict(context.Background(), whole, images); err != nil {
			t.Fatal(err)
		}
		if err := m.PredictIn(context.Background(), tiled, images, 50*50); err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			if math.Abs(float64(tiled[i]-whole[i])) > 1e-6 {
				t.Fatalf("%s: pixel %d: %g in tiles, %g in one pass", name, i, tiled[i], whole[i])
			}
		}
	}
}
