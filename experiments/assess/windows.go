package assess

import (
	"context"
	"fmt"
	"math"

	"r2unet/internal/model"
)

// Windows predicts an image from overlapping square patches, as the paper does for retina images. Overlapping
// probabilities are averaged.
type Windows struct {
	Side   int // of a patch, px
	Stride int // between neighbouring patches, px
	Batch  int // patches predicted at once

	// Gaussian weights a patch's probabilities by a Gaussian around its middle, whose standard deviation is an eighth
	// of the side (Isensee et al., nnU-Net, 2021): at its border a network sees the least of the surroundings. Then a
	// side of an image shorter than a patch is one patch; else it is an error.
	Gaussian bool
}

// Of returns a predictor that predicts images by the windows of net's predictions.
func (p Windows) Of(net Predictor) Predictor { return windowed{p, net} }

type windowed struct {
	Windows
	net Predictor
}

// Predict implements Predictor for one image at a time.
func (w windowed) Predict(ctx context.Context, probabilities []float32, image model.Batch) error {
	return w.Windows.Predict(ctx, w.net, probabilities, image)
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
	if !p.Gaussian && (p.Side > h || p.Side > w) {
		return fmt.Errorf("patch of %d px is larger than the image of %d×%d px", p.Side, w, h)
	}
	ph, pw := min(p.Side, h), min(p.Side, w) // of a patch
	area, maps := ph*pw, len(probabilities)/(h*w)
	patches, predicted := model.NewBatch(p.Batch, image.C, ph, pw), make([]float32, p.Batch*maps*area)
	weight, weights := p.weights(ph, pw), make([]float32, h*w) // of a patch's pixels, and their sum at the image's
	clear(probabilities)
	corners := corners(starts(h, ph, p.Stride), starts(w, pw, p.Stride))
	for len(corners) > 0 {
		n := min(p.Batch, len(corners))
		for i, at := range corners[:n] {
			for c := range image.C {
				for y := range ph {
					from := image.Images[(c*h+at.y+y)*w+at.x:]
					copy(patches.Images[((i*image.C+c)*ph+y)*pw:][:pw], from)
				}
			}
		}
		patches.N, patches.Images = n, patches.Images[:n*image.C*area]
		if err := net.Predict(ctx, predicted[:n*maps*area], patches); err != nil {
			return err
		}
		for i, at := range corners[:n] {
			for y := range ph {
				row, weight := (at.y+y)*w+at.x, weight[y*pw:][:pw]
				for k := range maps {
					for x, v := range predicted[(i*maps+k)*area+y*pw:][:pw] {
						probabilities[k*h*w+row+x] += weight[x] * v
					}
				}
				for x, v := range weight {
					weights[row+x] += v
				}
			}
		}
		corners = corners[n:]
	}
	for i := range probabilities {
		probabilities[i] = min(1, probabilities[i]/weights[i%(h*w)])
	}
	return nil
}

// weights are those of the pixels of a patch of h×w px.
func (p Windows) weights(h, w int) []float32 {
	weights := make([]float32, h*w)
	bell := func(i, n int) float64 {
		d := (float64(i) - float64(n-1)/2) / (float64(n) / 8)
		return d * d / 2
	}
	for i := range weights {
		weights[i] = 1
		if p.Gaussian {
			weights[i] = float32(math.Exp(-bell(i/w, h) - bell(i%w, w)))
		}
	}
	return weights
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
