package assess

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"r2unet/experiments/matrix"
	"r2unet/internal/model"
)

// lopsided is a network of two probabilities that looks at unequal neighbours, so that it is of no symmetry, and gives
// sums that depend on their order.
type lopsided struct{ calls int }

func (l *lopsided) Predict(_ context.Context, probabilities []float32, b model.Batch) error {
	l.calls++
	at := func(n, y, x int) float32 {
		if y < 0 || x < 0 || y >= b.H || x >= b.W {
			return 0.3
		}
		return b.Images[(n*b.H+y)*b.W+x]
	}
	for n := range b.N {
		for y := range b.H {
			for x := range b.W {
				v := 0.7*at(n, y, x) + 0.23*at(n, y, x-1) + 0.05*at(n, y-1, x+1) - 0.31*at(n, y+1, x)
				p := float32(1 / (1 + math.Exp(float64(-v))))
				probabilities[((2*n)*b.H+y)*b.W+x], probabilities[((2*n+1)*b.H+y)*b.W+x] = p, 1-p
			}
		}
	}
	return nil
}

// TestPredictionOfASymmetricPictureIsThePredictionsSymmetry to the last bit, for each symmetry that is averaged over,
// whole and from windows, whose places are of no symmetry.
func TestPredictionOfASymmetricPictureIsThePredictionsSymmetry(t *testing.T) {
	const n, h, w = 1, 11, 14
	image := model.NewBatch(n, 1, h, w)
	for i := range image.Images {
		image.Images[i] = float32(math.Sin(float64(i*i))) * 3
	}
	for _, tta := range []string{matrix.TTAFlips, matrix.TTAD4} {
		for _, windows := range []bool{false, true} {
			net := &lopsided{}
			way := Predictor(net)
			if windows {
				way = Windows{Side: 5, Stride: 3, Batch: 2, Gaussian: true}.Of(net)
			}
			passes, err := matrix.Passes(tta)
			if err != nil {
				t.Fatal(err)
			}
			if way, err = Symmetric(way, tta); err != nil {
				t.Fatal(err)
			}
			plain := make([]float32, 2*n*h*w)
			if err := way.Predict(t.Context(), plain, image); err != nil {
				t.Fatal(err)
			}
			if !windows && net.calls != passes {
				t.Errorf("%s: %d passes, want %d", tta, net.calls, passes)
			}
			for _, s := range symmetries[:passes] {
				turned := image
				turned.Images = s.apply(image.Images, h, w)
				if s.transposed {
					turned.H, turned.W = w, h
				}
				got := make([]float32, len(plain))
				if err := way.Predict(t.Context(), got, turned); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, s.apply(plain, h, w)) {
					t.Errorf("%s, windows %t: not the same under %+v", tta, windows, s)
				}
			}
		}
	}
}

func TestMeanOverSymmetriesIsThatOfTheirPredictions(t *testing.T) {
	const h, w = 2, 3
	image := model.Batch{Images: []float32{1, 2, 3, 4, 5, 6}, N: 1, C: 1, H: h, W: w}
	var seen []string
	net := predictorFunc(func(p []float32, b model.Batch) {
		seen = append(seen, fmt.Sprint(b.H, b.W, b.Images))
		copy(p, b.Images)
		p[0] += 8 // of the first pixel that it sees: another one of the image each time
	})
	way, err := Symmetric(net, matrix.TTAD4)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, h*w)
	if err := way.Predict(t.Context(), got, image); err != nil {
		t.Fatal(err)
	}
	slices.Sort(seen)
	want := []string{
		"2 3 [1 2 3 4 5 6]", "2 3 [3 2 1 6 5 4]", "2 3 [4 5 6 1 2 3]", "2 3 [6 5 4 3 2 1]",
		"3 2 [1 4 2 5 3 6]", "3 2 [3 6 2 5 1 4]", "3 2 [4 1 5 2 6 3]", "3 2 [6 3 5 2 4 1]",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("the network sees %q, want %q", seen, want)
	}
	if want := []float32{3, 2, 5, 6, 5, 8}; !slices.Equal(got, want) { // two of eight passes at each corner
		t.Errorf("mean %v, want %v", got, want)
	}
	if _, err := Symmetric(net, "turns"); err == nil {
		t.Error("an unknown name is accepted")
	}
}

type predictorFunc func(probabilities []float32, b model.Batch)

func (f predictorFunc) Predict(_ context.Context, probabilities []float32, b model.Batch) error {
	f(probabilities, b)
	return nil
}
