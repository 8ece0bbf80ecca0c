package model

import (
	"context"
	"math"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// unknown is an operator that declares no reach.
type unknown struct{ x, y *device.Tensor }

func (*unknown) Name() string { return "attention" }
func (c *unknown) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.x), device.Output(&c.y)}
}
func (*unknown) Traits() device.Traits         { return device.Traits{} }
func (*unknown) Definition() device.Definition { return device.Definition{} }

func mapOf(name string) *device.Tensor {
	return &device.Tensor{Name: name, Shape: []int{1, 1, 8, 8}, Kind: device.Features}
}

func weightOf(k int) *device.Tensor { return &device.Tensor{Name: "w", Shape: []int{1, 1, k, k}} }

func convOf(x, y *device.Tensor) device.Call { return &calls.Conv{X: x, W: weightOf(3), Z: y} }

func TestReachOfWhatIsNotKnownToBeLocalIsTheWholeImage(t *testing.T) {
	image, a, b, c := mapOf("image"), mapOf("a"), mapOf("b"), mapOf("c")
	stats := &device.Tensor{Name: "stats", Shape: []int{2, 1}}
	for name, test := range map[string]struct {
		calls []device.Call
		want  int
	}{
		"two convolutions": {[]device.Call{convOf(image, a), convOf(a, b)}, 2},
		"an activation":    {[]device.Call{convOf(image, a), &calls.Activate{Z: a, Y: b}}, 1},
		"below a pool": {[]device.Call{
			&calls.MaxPool{X: image, Y: a}, convOf(a, b), &calls.UpConv{X: b, W: weightOf(2), Y: c},
		}, 1 + 2 + 2},
		"an unknown operator": {[]device.Call{convOf(image, a), &unknown{a, b}, convOf(b, c)}, WholeImage},
		"statistics":          {[]device.Call{convOf(image, a), &calls.BatchStats{Z: a, Stats: stats}}, WholeImage},
		"fused statistics": {[]device.Call{
			&calls.Conv{X: image, W: weightOf(3), Z: a, Stats: stats},
			&calls.Activate{Z: a, Norm: &calls.Norm{Stats: stats}, Y: b},
		}, WholeImage},
		"two resolutions": {[]device.Call{
			&calls.MaxPool{X: image, Y: a}, convOf(image, b), &calls.Add{A: a, B: b, Y: c},
		}, WholeImage},
	} {
		if got := reach(test.calls); got != test.want {
			t.Errorf("%s: reach %d, want %d", name, got, test.want)
		}
	}
}

// TestNarrowImagesAreNotPaddedToGigabytes: a network of ten levels pads 67,108,864×1 px to 512 rows, 137 GB.
func TestNarrowImagesAreNotPaddedToGigabytes(t *testing.T) {
	deep := Config{
		Arch:       arch.Config{Name: "deep", Block: "forward", Channels: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		InChannels: 1,
	}
	for _, c := range []Config{deep, {Arch: arch.Config{Name: "U-Net", Block: "forward"}, InChannels: 1}} {
		m := newModel(t, c, ref.New[float32]())
		for _, size := range [][2]int{{1, 1 << 26}, {1 << 26, 1}, {1, 1 << 22}} {
			if _, err := m.passes(1, size[0], size[1], LargestPass); err == nil ||
				!strings.Contains(err.Error(), "too narrow to be predicted") {
				t.Errorf("%s, %v px: %v", c.Arch.Name, size, err)
			}
		}
		for _, size := range [][2]int{{1, 1}, {8192, 8192}, {8191, 8193}, {584, 565}, {100, 4000}} {
			if _, err := m.passes(1, size[0], size[1], LargestPass); err != nil {
				t.Errorf("%s, %v px: %v", c.Arch.Name, size, err)
			}
		}
	}
	m := newModel(t, deep, ref.New[float32]())
	image := make([]float32, 1<<22)
	narrow := Batch{Images: image, N: 1, C: 1, H: 1, W: len(image)}
	if err := m.Predict(context.Background(), image, narrow); err == nil ||
		!strings.Contains(err.Error(), "4194304×1 px would be padded to 4194304×512 px") {
		t.Errorf("got %v", err)
	}
}

// TestPredictionBytesAreThoseOfATile where an image is cut into tiles: a larger image takes no more.
func TestPredictionBytesAreThoseOfATile(t *testing.T) {
	dev := ref.New[float32]()
	one, err1 := PredictionBytes(small, dev, 1, 4000, 4000)
	two, err2 := PredictionBytes(small, dev, 2, 8000, 8000)
	if err1 != nil || err2 != nil || one != two || float64(one) < 4*16*LargestPass*0.9 || one > math.MaxInt32 {
		t.Errorf("%d (%v) and %d bytes (%v)", one, err1, two, err2)
	}
}
