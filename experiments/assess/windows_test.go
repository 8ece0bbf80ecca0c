package assess

import (
	"context"
	"math"
	"strings"
	"testing"

	"r2unet/internal/model"
)

// pixelwise is a network that looks at single pixels, so that the cut into patches cannot matter.
type pixelwise struct{}

func (pixelwise) Predict(_ context.Context, probabilities []float32, b model.Batch) error {
	for i, v := range b.Images {
		probabilities[i] = 1 / (1 + v*v)
	}
	return nil
}

func TestWindowsAverageOverlapsAndReachTheEdges(t *testing.T) {
	net := pixelwise{}
	const h, w = 11, 13
	image := model.Batch{Images: make([]float32, h*w), N: 1, C: 1, H: h, W: w}
	for i := range image.Images {
		image.Images[i] = float32(i%7) - 3
	}
	want, got := make([]float32, h*w), make([]float32, h*w)
	if err := net.Predict(t.Context(), want, image); err != nil {
		t.Fatal(err)
	}
	for _, stride := range []int{1, 3, 5} {
		if err := (Windows{Side: 5, Stride: stride, Batch: 4}).Predict(t.Context(), net, got, image); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if d := got[i] - want[i]; d > 1e-6 || d < -1e-6 {
				t.Fatalf("stride %d, pixel %d: %g; a network that looks at single pixels gives %g",
					stride, i, got[i], want[i])
			}
		}
	}
	if err := (Windows{Side: 12, Stride: 1, Batch: 1}).Predict(t.Context(), net, got, image); err == nil ||
		!strings.Contains(err.Error(), "larger than the image") {
		t.Errorf("a patch larger than the image: %v", err)
	}
}

// TestGaussianWeightsPreferTheMiddleOfAWindow and end nowhere: of two windows of which one gives 0 and the other 1, the
// nearer middle decides, and by how much is the ratio of the two bells.
func TestGaussianWeightsPreferTheMiddleOfAWindow(t *testing.T) {
	const side, w = 8, 12
	first := true
	net := predictorFunc(func(p []float32, b model.Batch) {
		for i := range p {
			p[i] = 1
			if first {
				p[i] = 0
			}
		}
		first = false
	})
	got := make([]float32, 3*w) // lower than a window: one row of windows of 3 px
	image := model.NewBatch(1, 1, 3, w)
	windows := Windows{Side: side, Stride: 4, Batch: 1, Gaussian: true}
	if err := windows.Predict(t.Context(), net, got, image); err != nil {
		t.Fatal(err)
	}
	for x := range w {
		bell := func(start int) float64 {
			d := float64(x-start) - 3.5
			if x < start || x >= start+side {
				return 0
			}
			return math.Exp(-d * d / 2)
		}
		want := bell(4) / (bell(0) + bell(4))
		for y := range 3 {
			if d := math.Abs(float64(got[y*w+x]) - want); d > 1e-6 {
				t.Errorf("row %d, column %d: %g, want %g", y, x, got[y*w+x], want)
			}
		}
	}
}
