package assess

import (
	"context"
	"errors"
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

// TestWindowsHoldAllChannels of images and all maps of networks.
func TestWindowsHoldAllChannels(t *testing.T) {
	const h, w = 7, 9
	image := model.NewBatch(1, 3, h, w)
	for i := range image.Images {
		image.Images[i] = float32(i) / 256
	}
	net := predictorFunc(func(p []float32, b model.Batch) { // its maps are the last channel and the first
		area := b.H * b.W
		for n := range b.N {
			copy(p[2*n*area:][:area], b.Images[(n*b.C+2)*area:])
			copy(p[(2*n+1)*area:][:area], b.Images[n*b.C*area:])
		}
	})
	got := make([]float32, 2*h*w)
	if err := (Windows{Side: 4, Stride: 3, Batch: 2}).Predict(t.Context(), net, got, image); err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		want := image.Images[(i+2*h*w)%(3*h*w)]
		if d := v - want; d > 1e-6 || d < -1e-6 {
			t.Fatalf("value %d: %g, want %g", i, v, want)
		}
	}
}

func TestWindowsWithGapsAreRefused(t *testing.T) {
	image := model.NewBatch(1, 1, 8, 8)
	for _, p := range []Windows{{4, 5, 1, false}, {4, 0, 1, false}, {0, 1, 1, true}, {4, 4, 0, false}} {
		err := p.Predict(t.Context(), pixelwise{}, make([]float32, 64), image)
		if err == nil || !strings.Contains(err.Error(), "the stride at most the side") {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// failing is a network that fails at its n-th prediction.
type failing struct{ calls, at int }

var errFailing = errors.New("the network has failed")

func (f *failing) Predict(context.Context, []float32, model.Batch) error {
	if f.calls++; f.calls == f.at {
		return errFailing
	}
	return nil
}

func TestAFailureUnderAnySymmetryIsOneOfTheMean(t *testing.T) {
	for at := 1; at <= 8; at++ {
		net, err := Symmetric(&failing{at: at}, "d4")
		if err != nil {
			t.Fatal(err)
		}
		err = net.Predict(t.Context(), make([]float32, 4), model.NewBatch(1, 1, 2, 2))
		if !errors.Is(err, errFailing) {
			t.Errorf("prediction %d fails: %v", at, err)
		}
	}
}
