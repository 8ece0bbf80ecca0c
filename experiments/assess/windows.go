package assess

import (
	"context"
	"fmt"

	"r2unet/internal/model"
)

// Windows predicts an image from overlapping square patches, as the paper does for retina images. Overlapping
// probabilities are averaged.
type Windows struct {
	Side   int // of a patch, px
	Stride int // between neighbouring patches, px
	Batch  int // patches predicted at once
}

// Predict fills probabilities [K, H, W] from a batch of one image. The last patch of each row and column is shifted to
// end at the image's border.
func (p Windows) Predict(ctx context.Context, net Predictor, probabilities []float32, image model.Batch) error {
	h, w := image.H, image.W
	if p.Side < 1 || p.Stride < 1 || p.Stride > p.Side || p.Batch < 1 {
		return fmt.Errorf("patches of side %d px, stride %d px, %d at once: sides and counts must be at least 1, "+
			"the stride at most the side",
			p.Side, p.Stride, p.Batch)
	}
	if p.Side > h || p.Side > w {
		return fmt.Errorf("patch of %d px is larger than the image of %d×%d px", p.Side, w, h)
	}
	area, maps := p.Side*p.Side, len(probabilities)/(h*w)
	patches, predicted := p.patches(p.Batch, image.C), make([]float32, p.Batch*maps*area)
	times := make([]float32, h*w) // number of patches that cover each pixel
	clear(probabilities)
	corners := corners(starts(h, p.Side, p.Stride), starts(w, p.Side, p.Stride))
	for len(corners) > 0 {
		n := min(p.Batch, len(corners))
		for i, at := range corners[:n] {
			for c := range image.C {
				for y := range p.Side {
					from := image.Images[(c*h+at.y+y)*w+at.x:]
					copy(patches.Images[((i*image.C+c)*p.Side+y)*p.Side:][:p.Side], from)
				}
			}
		}
		patches.N, patches.Images = n, patches.Images[:n*image.C*area]
		if err := net.Predict(ctx, predicted[:n*maps*area], patches); err != nil {
			return err
		}
		for i, at := range corners[:n] {
			for y := range p.Side {
				row := (at.y+y)*w + at.x
				for k := range maps {
					for x, v := range predicted[(i*maps+k)*area+y*p.Side:][:p.Side] {
						probabilities[k*h*w+row+x] += v
					}
				}
				for x := range p.Side {
					times[row+x]++
				}
			}
		}
		corners = corners[n:]
	}
	for i := range probabilities {
		probabilities[i] = min(1, probabilities[i]/times[i%(h*w)])
	}
	return nil
}

// patches returns an empty batch of n patches.
func (p Windows) patches(n, channels int) model.Batch {
	return model.NewBatch(n, channels, p.Side, p.Side)
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

// starts returns the positions of patches along a side: every stride px, and one at the end.
func starts(length, side, stride int) []int {
	var all []int
	for at := 0; at < length-side; at += stride {
		all = append(all, at)
	}
	return append(all, length-side)
}
