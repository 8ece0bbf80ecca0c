package datasets

import "context"

// Ignored is the target of a pixel that does not count: it has no loss, no gradient and no measure.
const Ignored = -1

// size is the height and width of a batch of n samples of a source, the first of which is given.
func (o StreamOptions) size(src Source, first, n int) (h, w int) {
	for i := range n {
		sh, sw := src.Size(o.Epoch, first+i)
		h, w = max(h, sh), max(w, sw)
	}
	return roundUp(h, o.Multiple), roundUp(w, o.Multiple)
}

func roundUp(n, multiple int) int {
	multiple = max(multiple, 1)
	return (n + multiple - 1) / multiple * multiple
}

// padder fills samples into batches that are larger than they are. It keeps its memory from sample to sample.
type padder struct{ image, target []float32 }

// fill puts a sample into place k of a batch. The image is continued by its mirror image, as for prediction; what is
// there beyond the image is ignored.
func (p *padder) fill(ctx context.Context, src Source, b *Batch, index, k int) error {
	area := b.H * b.W
	image, target := b.Images[k*b.C*area:(k+1)*b.C*area], b.Targets[k*area:(k+1)*area]
	h, w := src.Size(b.Epoch, index)
	if h == b.H && w == b.W {
		return src.Fill(ctx, b.Epoch, index, image, target)
	}
	p.image, p.target = room(p.image, b.C*h*w), room(p.target, h*w)
	if err := src.Fill(ctx, b.Epoch, index, p.image, p.target); err != nil {
		return err
	}
	top, left := (b.H-h)/2, (b.W-w)/2
	for y := range b.H {
		from := mirror(y-top, h) * w
		for x := range b.W {
			at, inside := from+mirror(x-left, w), y >= top && y < top+h && x >= left && x < left+w
			for c := range b.C {
				image[c*area+y*b.W+x] = p.image[c*h*w+at]
			}
			if inside {
				target[y*b.W+x] = p.target[at]
			} else {
				target[y*b.W+x] = Ignored
			}
		}
	}
	return nil
}

// room is memory for n values, that of earlier ones where it suffices.
func room(values []float32, n int) []float32 {
	if cap(values) >= n {
		return values[:n]
	}
	return make([]float32, n)
}

// mirror folds a coordinate into 0..n−1 by reflection without repeating the border.
func mirror(i, n int) int {
	if uint(i) < uint(n) {
		return i
	}
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}
