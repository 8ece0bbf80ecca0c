package model

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
	"r2unet/layers"
)

// TestForwardFLOPs compares with the counts of the PyTorch reference, `torch_reference.py bench`, at 48×48 with one
// channel.
func TestForwardFLOPs(t *testing.T) {
	for _, c := range []struct {
		config arch.Config
		want   float64
	}{
		{arch.Config{Name: "U-Net", Block: "forward"}, 161759232},
		{arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Weights: layers.Tied}, 461979648},
		{arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Weights: layers.Shared}, 461979648},
	} {
		got, err := ForwardFLOPs(Config{Arch: c.config, InChannels: 1}, 48, 48)
		if err != nil || math.Abs(got-c.want) > 0.5 {
			t.Errorf("%s: %.0f operations (%v), expected %.0f", c.config.Name, got, err, c.want)
		}
	}
}

// TestInspect pins a network's plan: parameters and operations as PyTorch counts them. In evaluation there is a call
// for each of the 36 convolutions (norms and ReLUs are fused into them, concatenations are places), 2 max-pools, 2
// up-convolutions and the sigmoid. More calls or bytes would be time and memory in every step, so a change of the
// planner that moves the other numbers has to say why.
func TestInspect(t *testing.T) {
	a, err := Inspect(small, 2, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Anatomy{
		Parameters: 163129, ForwardFLOPs: 32149504, Reach: 69,
		Nodes: 482, TrainingCalls: 292, EvaluationCalls: 41, TrainingBytes: 860224, EvaluationBytes: 163840,
	}); a != want {
		t.Errorf("%+v, expected %+v", a, want)
	}
	dot, err := Dot(small.Arch, 1, 16, 16)
	if err != nil || !strings.Contains(dot, "Conv3x3") {
		t.Errorf("drawing of %d bytes, error %v", len(dot), err)
	}
	if _, err := Inspect(small, 2, 18, 16); err == nil {
		t.Error("18 pixels were accepted")
	}
}

// TestPlannedBytesAreThoseOfTheDevice: the bytes planned in a device's layout are those that its programs then take,
// except for the scratch memory of kernels; and a device that stores activations needs more.
func TestPlannedBytesAreThoseOfTheDevice(t *testing.T) {
	for name, dev := range devices(t) {
		m := newModel(t, small, dev)
		g, err := m.compile(shape{train, 2, 16, 16})
		if err != nil {
			t.Fatal(err)
		}
		batch := 4 * int64(dev.Size([]int{2, 1, 16, 16}, device.Features)*2+dev.Size([]int{3}, device.Plain))
		taken := g.machine.Program().Bytes() + batch
		planned, err := TrainingBytes(small, dev, 2, 16, 16)
		if err != nil || planned > taken || planned < taken/10 || name == "ref" && planned != taken {
			t.Errorf("%s: %d bytes planned, %d taken (%v)", name, planned, taken, err)
		}
		if kept, err := TrainingBytes(small, keeper{dev}, 2, 16, 16); err != nil || kept <= planned {
			t.Errorf("%s: %d bytes where activations are stored, %d where they are recomputed (%v)",
				name, kept, planned, err)
		}
	}
}

// TestPlansOfNetworksLargerThanMemoryTakeNoMemory: 4.3·10⁹ parameters, and batches that no machine holds.
func TestPlansOfNetworksLargerThanMemoryTakeNoMemory(t *testing.T) {
	wide := small
	wide.Arch.Channels = []int{4096, 4096, 4096, 4096, 4096, 4096}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	dev := ref.New[float32]()
	if a, err := Inspect(wide, 2, 64, 64); err != nil || a.Parameters < 1e9 {
		t.Errorf("%+v, %v", a, err)
	}
	for _, n := range []int{1, 1 << 20} {
		if bytes, err := TrainingBytes(wide, dev, n, 64, 64); err != nil || bytes < int64(n)<<24 {
			t.Errorf("%d images: %d bytes, %v", n, bytes, err)
		}
	}
	if bytes, err := TrainingBytes(small, dev, math.MaxInt32, 48, 48); err != nil || bytes < 1<<40 {
		t.Errorf("%d bytes, %v", bytes, err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<20 {
		t.Errorf("planning took %d MB", taken>>20)
	}
	for _, s := range [][3]int{{1 << 40, 48, 48}, {1, 1 << 30, 1 << 30}, {math.MaxInt, 1 << 40, 1 << 40}} {
		if _, err := Inspect(small, s[0], s[1], s[2]); err == nil ||
			!strings.Contains(err.Error(), "larger than any memory") {
			t.Errorf("%v: %v", s, err)
		}
	}
}
