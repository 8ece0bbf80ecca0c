package assess

import (
	"context"
	"fmt"
	"slices"

	"r2unet/experiments/matrix"
	"r2unet/internal/model"
)

// symmetry maps a picture onto itself: first rows and columns are exchanged, then the order of either reversed.
type symmetry struct{ transposed, rows, columns bool }

// symmetries are those of a rectangle, then the other four of a square. In this order the pairs, the fours and the
// eight are cosets of subgroups of the eight (the half turn; the rectangle's), so that another symmetry applied to the
// picture only exchanges halves of one of them. Averaged adds up in such halves: the same bits in another order.
var symmetries = []symmetry{
	{},
	{rows: true, columns: true},
	{rows: true},
	{columns: true},
	{transposed: true},
	{transposed: true, rows: true, columns: true},
	{transposed: true, rows: true},
	{transposed: true, columns: true},
}

// Symmetric returns a predictor whose probabilities are the mean over the symmetries that a name of the key tta stands
// for: its prediction of a mirrored image is the mirrored prediction, to the last bit. "" is net itself.
func Symmetric(net Predictor, tta string) (Predictor, error) {
	n, err := matrix.Passes(tta)
	if err != nil || n == 1 {
		return net, err
	}
	return averaged{net, symmetries[:n]}, nil
}

// averaged averages the predictions of the images under symmetries.
type averaged struct {
	net        Predictor
	symmetries []symmetry
}

// Predict implements Predictor.
func (a averaged) Predict(ctx context.Context, probabilities []float32, b model.Batch) error {
	sum, err := a.sum(ctx, a.symmetries, len(probabilities), b)
	if err != nil {
		return err
	}
	for i, v := range sum {
		probabilities[i] = v / float32(len(a.symmetries)) // a power of two: exact
	}
	return nil
}

// sum returns the sum over symmetries, each half of them by itself, of so many probabilities.
func (a averaged) sum(ctx context.Context, over []symmetry, size int, b model.Batch) ([]float32, error) {
	if len(over) == 1 {
		return a.under(ctx, over[0], size, b)
	}
	sum, err := a.sum(ctx, over[:len(over)/2], size, b)
	if err != nil {
		return nil, err
	}
	other, err := a.sum(ctx, over[len(over)/2:], size, b)
	for i, v := range other {
		sum[i] += v
	}
	return sum, err
}

// under predicts the images as they are under a symmetry, and turns the prediction back.
func (a averaged) under(ctx context.Context, s symmetry, size int, b model.Batch) ([]float32, error) {
	seen := b
	if seen.Images = s.apply(b.Images, b.H, b.W); s.transposed {
		seen.H, seen.W = b.W, b.H
	}
	probabilities := make([]float32, size)
	if err := a.net.Predict(ctx, probabilities, seen); err != nil {
		return nil, fmt.Errorf("predict under a symmetry of the image: %w", err)
	}
	return s.inverse().apply(probabilities, seen.H, seen.W), nil
}

func (s symmetry) inverse() symmetry {
	if s.transposed {
		s.rows, s.columns = s.columns, s.rows
	}
	return s
}

// apply maps planes of h×w pixels.
func (s symmetry) apply(planes []float32, h, w int) []float32 {
	out := slices.Clone(planes)
	if s.transposed {
		for from := 0; from < len(out); from += h * w {
			for y := range h {
				for x := range w {
					out[from+x*h+y] = planes[from+y*w+x]
				}
			}
		}
		h, w = w, h
	}
	for from := 0; from < len(out); from += h * w {
		plane := out[from:][:h*w]
		if s.rows && s.columns {
			slices.Reverse(plane)
			continue
		}
		for y := range h {
			if s.columns {
				slices.Reverse(plane[y*w:][:w])
			}
			if s.rows && y < h/2 {
				upper, lower := plane[y*w:][:w], plane[(h-1-y)*w:][:w]
				for x := range w {
					upper[x], lower[x] = lower[x], upper[x]
				}
			}
		}
	}
	return out
}
