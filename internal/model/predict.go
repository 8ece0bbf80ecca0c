package model

import (
	"context"
	"fmt"
)

// LargestPass is the number of pixels, of all images together, that Predict computes in one pass; a larger image is cut
// into tiles. It bounds the arena to half a gigabyte for the paper's channels.
const LargestPass = 3 << 19

// Predict computes probabilities [N, K, H, W] of images of any size, with K = 1 for a network of one logit: it pads
// them by reflection to a size that the network accepts and crops the result. Images that are too large for one pass
// are computed in tiles, with the same result. It is an error if the device lacks the memory for a pass, or if most of
// the padded image would be padding.
func (m *Model) Predict(ctx context.Context, probabilities []float32, b Batch) error {
	return m.PredictIn(ctx, probabilities, b, LargestPass)
}

// PredictIn is Predict with passes of at most another number of pixels. Tiles are larger if the reach of the network
// requires it.
func (m *Model) PredictIn(ctx context.Context, probabilities []float32, b Batch, largest int) error {
	n, c, k, h, w := b.N, b.C, m.config.Outputs(), b.H, b.W
	if n < 1 || h < 1 || w < 1 || c != m.config.InChannels || len(b.Images) != n*c*h*w ||
		len(probabilities) != n*k*h*w {
		return fmt.Errorf("predict %d images of %d×%d pixels in %d channels, of which the network takes %d: "+
			"%d values in, %d out, expected %d and %d",
			n, w, h, c, m.config.InChannels, len(b.Images), len(probabilities), n*c*h*w, n*k*h*w)
	}
	p, err := m.passes(n, h, w, largest)
	if err != nil {
		return err
	}
	if p.h == h && p.w == w {
		for first := 0; first < n; first += p.images {
			pass := Batch{Images: b.Images[first*c*h*w:][:p.images*c*h*w], N: p.images, C: c, H: h, W: w}
			if err := m.predictPass(ctx, probabilities[first*k*h*w:][:p.images*k*h*w], pass); err != nil {
				return err
			}
		}
		return nil
	}
	// Kept from one prediction to the next: as garbage, several would lie beside the arena until they are collected.
	m.window, m.predicted = grown(m.window, p.images*c*p.h*p.w), grown(m.predicted, p.images*k*p.h*p.w)
	in, out := m.window, m.predicted
	for first := 0; first < n; first += p.images {
		for _, rows := range windows(p.paddedH, p.h, p.halo) {
			for _, columns := range windows(p.paddedW, p.w, p.halo) {
				for i := range p.images * c {
					plane := b.Images[(first*c+i)*h*w:][:h*w]
					reflectPlane(in[i*p.h*p.w:][:p.h*p.w], p.h, p.w, plane, h, w,
						rows.start-p.top, columns.start-p.left)
				}
				if err := m.predictPass(ctx, out, Batch{Images: in, N: p.images, C: c, H: p.h, W: p.w}); err != nil {
					return err
				}
				from, to := max(columns.from, p.left), min(columns.to, p.left+w)
				for i := range p.images * k {
					for y := max(rows.from, p.top); y < min(rows.to, p.top+h) && from < to; y++ {
						copy(probabilities[((first*k+i)*h+y-p.top)*w+from-p.left:][:to-from],
							out[(i*p.h+y-rows.start)*p.w+from-columns.start:])
					}
				}
			}
		}
	}
	return nil
}

// grown returns n values of a slice with any content, made anew if it is too short or much too long.
func grown(x []float32, n int) []float32 {
	if cap(x) < n || cap(x) > 2*n {
		return make([]float32, n)
	}
	return x[:n]
}

// predictPass computes images of a size that the network accepts, in one pass.
func (m *Model) predictPass(ctx context.Context, probabilities []float32, b Batch) error {
	g, err := m.graph(b.shape(predict))
	if err != nil {
		return err
	}
	if err := m.dev.Write(g.image.Buffer, b.Images); err != nil {
		return err
	}
	if err := g.machine.Run(ctx); err != nil {
		return err
	}
	return m.dev.Read(probabilities, g.output.Buffer)
}

func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// reflectPlane fills a window of wh×ww pixels whose first pixel is at (top, left) of a plane of h×w, possibly outside
// it: the plane is continued by its mirror image, without repeating the edge: … 2 1 0 1 2 ….
func reflectPlane(to []float32, wh, ww int, from []float32, h, w, top, left int) {
	for y := range wh {
		row := from[mirror(y+top, h)*w:][:w]
		for x := range ww {
			to[y*ww+x] = row[mirror(x+left, w)]
		}
	}
}

// mirror returns the index, in 0 … n−1, to which position i is reflected.
func mirror(i, n int) int {
	if i >= 0 && i < n {
		return i
	}
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}
