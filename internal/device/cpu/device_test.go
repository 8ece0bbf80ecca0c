package cpu

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/ref"
)

func open(t *testing.T) *Device {
	t.Helper()
	dev := newDevice(2, isa.Best())
	t.Cleanup(func() { dev.Close() })
	return dev
}

func TestBuffersKeepWhatIsWritten(t *testing.T) {
	dev := open(t)
	for _, shape := range [][]int{{2, 1, 3, 5}, {1, 4, 2, 2}, {2, 5, 3, 3}, {1, 40, 7, 1}} {
		n := elements(shape)
		want, got := make([]float32, n), make([]float32, n)
		for i := range want {
			want[i] = float32(i + 1)
		}
		b, err := dev.Alloc(shape, device.Features)
		if err != nil {
			t.Fatal(err)
		}
		if err := dev.Write(b, want); err != nil {
			t.Fatal(err)
		}
		if err := dev.Read(got, b); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%v: element %d is %v, expected %v", shape, i, got[i], want[i])
			}
		}
	}
}

func TestProgramsShareTheLargestArena(t *testing.T) {
	dev := open(t)
	arenaOf := func(n int) *arena {
		a, err := dev.arenaOf(n)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	large, small, larger := arenaOf(64), arenaOf(32), arenaOf(128)
	if small != large {
		t.Error("a smaller plan got an arena of its own")
	}
	if len(large.floats) != 64 || len(larger.floats) != 128 || arenaOf(64) != larger {
		t.Errorf("arenas of %d and %d floats, expected 64 and 128, the larger of which serves all that follow",
			len(large.floats), len(larger.floats))
	}
	runtime.KeepAlive(large)
}

func TestProgramsSharePackedWeights(t *testing.T) {
	dev := open(t)
	b, err := dev.Alloc([]int{2}, device.Plain)
	if err != nil {
		t.Fatal(err)
	}
	source := b.(*buffer)
	id := packID{first: &source.data[0]}
	first := dev.packer.packed(id, 16, source)
	if second := dev.packer.packed(id, 16, source); second != first {
		t.Error("the same weight was packed twice")
	}
	first.version = source.version
	if other := dev.packer.packed(packID{first: &source.data[1]}, 16, source); other == first ||
		other.version == source.version {
		t.Error("another weight shares the memory, or counts as packed")
	}
	runtime.KeepAlive(first)
}

func TestWrongUseIsAnError(t *testing.T) {
	dev := open(t)
	foreign, _ := ref.New[float32]().Alloc([]int{2}, device.Plain)
	mine, _ := dev.Alloc([]int{2}, device.Plain)
	if err := dev.Write(foreign, make([]float32, 2)); err == nil || !strings.Contains(err.Error(), "another device") {
		t.Errorf("another device's buffer: %v", err)
	}
	if err := dev.Read(make([]float32, 3), mine); err == nil || !strings.Contains(err.Error(), "3 elements") {
		t.Errorf("a wrong size: %v", err)
	}
	if _, err := dev.Alloc([]int{2}, device.Features); err == nil {
		t.Error("features of one dimension are accepted")
	}
	if _, err := New(-1); err == nil {
		t.Error("-1 threads are accepted")
	}
	t.Setenv(isa.Variable, "sse9")
	if _, err := New(1); err == nil || !strings.Contains(err.Error(), "sse9") {
		t.Errorf("an unknown instruction set: %v", err)
	}
}

func TestCompileTellsWhatIsWrongWithAPlan(t *testing.T) {
	dev := open(t)
	feature := func(name string, shape []int, offset int) *device.Tensor {
		return &device.Tensor{Name: name, Shape: shape, Kind: device.Features, Offset: offset}
	}
	parent := feature("parent", []int{1, 32, 4, 4}, 0)
	for name, call := range map[string]device.Call{
		"an arena": &calls.Add{
			A: feature("a", []int{1, 16, 4, 4}, 0), B: feature("b", []int{1, 16, 4, 4}, 0),
			Y: feature("y", []int{1, 16, 4, 4}, 1<<20),
		},
		"blocks of 16": &calls.Add{
			A: parent, B: parent,
			Y: &device.Tensor{Name: "view", Shape: []int{1, 5, 4, 4}, Kind: device.Features, Parent: parent, Start: 3},
		},
		"twice as large": &calls.MaxPool{
			X: feature("x", []int{1, 16, 5, 5}, 0),
			Y: feature("y", []int{1, 16, 2, 2}, 0),
		},
	} {
		_, err := dev.Compile(&device.Plan{Calls: []device.Call{call}, Arena: 1 << 12})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("expected an error that says %q, got %v", name, err)
		}
	}
}

func TestPackedWeightsFollowTheirBuffer(t *testing.T) {
	dev := open(t)
	tensor := func(name string, kind device.Kind, shape ...int) *device.Tensor {
		b, err := dev.Alloc(shape, kind)
		if err != nil {
			t.Fatal(err)
		}
		return &device.Tensor{Name: name, Shape: shape, Kind: kind, Buffer: b}
	}
	x, w, z := tensor("x", device.Features, 1, 1, 1, 1), tensor("w", device.Plain, 1, 1, 1, 1),
		tensor("z", device.Features, 1, 1, 1, 1)
	if err := dev.Write(x.Buffer, []float32{3}); err != nil {
		t.Fatal(err)
	}
	p, err := dev.Compile(&device.Plan{Calls: []device.Call{&calls.Conv{X: x, W: w, Z: z}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, weight := range []float32{2, 2, 5} {
		if err := dev.Write(w.Buffer, []float32{weight}); err != nil {
			t.Fatal(err)
		}
		if err := p.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		got := []float32{0}
		if err := dev.Read(got, z.Buffer); err != nil || got[0] != 3*weight {
			t.Errorf("weight %v: %v, %v", weight, got[0], err)
		}
	}
}

func TestPackedWeightsAreNotSharedAcrossAStepThatChangesThem(t *testing.T) {
	dev := open(t)
	tensor := func(name string, kind device.Kind, values []float32, shape ...int) *device.Tensor {
		b, err := dev.Alloc(shape, kind)
		if err == nil {
			err = dev.Write(b, values)
		}
		if err != nil {
			t.Fatal(err)
		}
		return &device.Tensor{Name: name, Shape: shape, Kind: kind, Buffer: b}
	}
	one := []float32{1}
	x, w := tensor("x", device.Features, one, 1, 1, 1, 1), tensor("w", device.Plain, []float32{10}, 1, 1, 1, 1)
	z := map[string]*device.Tensor{}
	for _, name := range []string{"before", "after", "elsewhere"} {
		z[name] = tensor(name, device.Features, one, 1, 1, 1, 1)
	}
	less := &calls.Adam{ // with these numbers each step subtracts one
		Param: w, Grad: tensor("g", device.Plain, one, 1), M: tensor("m", device.Plain, one, 1),
		V:     tensor("v", device.Plain, one, 1),
		Rates: tensor("rates", device.Plain, []float32{1, 1}, 2),
	}
	compile := func(calls ...device.Call) device.Program {
		p, err := dev.Compile(&device.Plan{Calls: calls})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	training := compile(&calls.Conv{X: x, W: w, Z: z["before"]}, less, &calls.Conv{X: x, W: w, Z: z["after"]})
	prediction := compile(&calls.Conv{X: x, W: w, Z: z["elsewhere"]})
	for step := range 3 {
		for _, p := range []device.Program{training, prediction} {
			if err := p.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		for name, want := range map[string]float32{
			"before": float32(10 - step), "after": float32(9 - step),
			"elsewhere": float32(9 - step),
		} {
			got := []float32{0}
			if err := dev.Read(got, z[name].Buffer); err != nil || got[0] != want {
				t.Errorf("step %d, %s: %v, %v; want %v", step, name, got[0], err, want)
			}
		}
	}
}

func TestRunStopsWhenItsContextEnds(t *testing.T) {
	dev := open(t)
	a := &device.Tensor{Name: "a", Shape: []int{1, 16, 4, 4}, Kind: device.Features}
	p, err := dev.Compile(&device.Plan{
		Calls: []device.Call{&calls.Add{A: a, B: a, Y: a}},
		Arena: dev.Size(a.Shape, a.Kind),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Run(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

// TestMemoryThatTheMachineHasNotIsAnError: Go would terminate the program, or the system would later.
func TestMemoryThatTheMachineHasNotIsAnError(t *testing.T) {
	dev := open(t)
	for name, take := range map[string]func() error{
		"a buffer": func() error {
			_, err := dev.Alloc([]int{1 << 20, 1 << 20, 1 << 6, 1 << 6}, device.Features)
			return err
		},
		"an arena": func() error { _, err := dev.Compile(&device.Plan{Arena: 1 << 56}); return err },
		"a buffer of the reference device": func() error {
			_, err := ref.New[float32]().Alloc([]int{1 << 56}, device.Plain)
			return err
		},
		"an arena of the reference device": func() error {
			_, err := ref.New[float64]().Compile(&device.Plan{Arena: 1 << 56})
			return err
		},
	} {
		if err := take(); err == nil || !strings.Contains(err.Error(), "GB of memory, and ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestArithmeticNamesKernelsThatMatter: in float32 the kernels of AMX are those of AVX-512, so that runs go on under
// either.
func TestArithmeticNamesKernelsThatMatter(t *testing.T) {
	for _, set := range isa.Available() {
		t.Setenv(isa.Variable, set.String())
		for _, c := range []struct {
			start func(int) (device.Device, error)
			want  string
		}{
			{New, strings.Replace(set.String(), "amx", "avx512", 1)}, {NewBF16, set.String() + " bf16"},
		} {
			dev, err := c.start(1)
			if err != nil {
				t.Fatal(err)
			}
			if got := dev.Arithmetic(); !strings.HasPrefix(got, "cpu "+c.want) {
				t.Errorf("%v: %q, want %q", set, got, c.want)
			}
			if err := dev.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
