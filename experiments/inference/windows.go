package inference

import (
	"context"
	"fmt"
)

// Windows predicts an image from overlapping square patches, as the paper does for retina images. Where patches overlap,
// their probabilities are averaged.
type Windows struct {
	Side   int // of a patch, px
	Stride int // between neighbouring patches, px
	Batch  int // patches predicted at once
}

// Predict fills probabilities [h, w] from image [channels, h, w]. The last patch of each row and column is moved back so
// that it ends with the image.
func (p Windows) Predict(ctx context.Context, net Predictor, probabilities, image []float32, channels, h, w int) error {
	if p.Side < 1 || p.Stride < 1 || p.Stride > p.Side || p.Batch < 1 {
		return fmt.Errorf("patches of side %d px, stride %d px, %d at once: sides and counts must be at least 1, the stride at most the side", p.Side, p.Stride, p.Batch)
	}
	if p.Side > h || p.Side > w {
		return fmt.Errorf("patch of %d px is larger than the image of %d×%d px", p.Side, w, h)
	}
	area := p.Side * p.Side
	images, predicted := make([]float32, p.Batch*channels*area), make([]float32, p.Batch*area)
	times := make([]float32, h*w) // patches that cover a pixel
	clear(probabilities)
	corners := corners(starts(h, p.Side, p.Stride), starts(w, p.Side, p.Stride))
	for len(corners) > 0 {
		n := min(p.Batch, len(corners))
		for i, at := range corners[:n] {
			for c := range channels {
				for y := range p.Side {
					from := image[(c*h+at.y+y)*w+at.x:]
					copy(images[((i*channels+c)*p.Side+y)*p.Side:][:p.Side], from)
				}
			}
		}
		if err := net.Predict(ctx, predicted[:n*area], images[:n*channels*area], n, p.Side, p.Side); err != nil {
			return err
		}
		for i, at := range corners[:n] {
			for y := range p.Side {
				row := (at.y+y)*w + at.x
				for x, v := range predicted[i*area+y*p.Side:][:p.Side] {
					probabilities[row+x] += v
					times[row+x]++
				}
			}
		}
		corners = corners[n:]
	}
	for i, n := range times {
		probabilities[i] = min(1, probabilities[i]/n)
	}
	return nil
}

// Count is the number of patches of an image.
func (p Windows) Count(h, w int) int {
	return len(starts(h, p.Side, p.Stride)) * len(starts(w, p.Side, p.Stride))
}

// corner is the upper left pixel of a patch.
type corner struct{ y, x int }

func corners(ys, xs []int) []corner {
	var all []corner
	for _, y := range ys {
		for _, x := range xs {
			all = append(all, corner{y, x})
		}
	}
	return all
}

// starts are the positions of patches along a side: every stride, and the last one at the end.
func starts(length, side, stride int) []int {
	var all []int
	for at := 0; at < length-side; at += stride {
		all = append(all, at)
	}
	return append(all, length-side)
}
