package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/kernel"
)

// pixels returns row h of an operand of the part, without its border.
func (p part) pixels(x []float32, h int) []float32 { return x[h*p.row+p.Block:][:p.Pixels*p.Block] }

// sum adds up the partial sums.
func sum(parts *kernel.Channels) (total float64) {
	for _, v := range parts {
		total += float64(v)
	}
	return total
}

// overlap holds the sums from which a loss is computed: the mean cross-entropy, and Σ p·t, Σ p, Σ t of the Dice loss.
type overlap struct{ entropy, both, p, t, squares, right float64 }

// pixelSums appends the tasks that sum over all pixels; use receives the totals and the number of pixels.
func (p *program) pixelSums(logits, target *device.Tensor, use func(o overlap, pixels float64)) {
	z, t := p.features(logits), p.features(target)
	if p.err != nil {
		return
	}
	cut, run := split(z.Map), p.kernels.PixelSums
	sums := make([]kernel.PixelSums, cut.parts())
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			sums[i] = kernel.PixelSums{}
			for h := range at.count {
				run(&sums[i], at.pixels(at.in(z), h), at.pixels(at.in(t), h))
			}
		}
	}, regions(z, t), nil)
	p.once(func() {
		var o overlap
		for i := range sums {
			s := &sums[i]
			o.entropy += sum(&s.Entropy)
			o.both += sum(&s.Both)
			o.p += sum(&s.P)
			o.t += sum(&s.T)
			o.squares += sum(&s.Squares)
			o.right += sum(&s.Right)
		}
		use(o, float64(z.N*z.H*z.W))
	})
}

func (p *program) loss(c *calls.Loss) {
	out := p.plain(c.Loss)
	p.pixelSums(c.Logits, c.Target, func(o overlap, pixels float64) {
		out[0] = float32(c.Weights.BCE*o.entropy/pixels + c.Weights.Dice*(1-(2*o.both+1)/(o.p+o.t+1)))
	})
}

func (p *program) scores(c *calls.Scores) {
	out := p.plain(c.Scores)
	p.pixelSums(c.Logits, c.Target, func(o overlap, pixels float64) {
		out[0], out[1] = float32(o.squares/pixels), float32(o.right/pixels)
	})
}

func (p *program) lossGrad(c *calls.LossGrad) {
	z, t, d := p.features(c.Logits), p.features(c.Target), p.features(c.DLogits)
	if p.err != nil {
		return
	}
	numbers := &kernel.LossGrad{BCE: float32(c.Weights.BCE / float64(z.N*z.H*z.W))}
	if c.Weights.Dice != 0 {
		p.pixelSums(c.Logits, c.Target, func(o overlap, _ float64) {
			size := o.p + o.t + 1
			numbers.Constant = float32(c.Weights.Dice * (2*o.both + 1) / (size * size))
			numbers.Slope = float32(-2 * c.Weights.Dice / size)
		})
	}
	cut, run := split(z.Map), p.kernels.LossGrad
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out := at.out(d)
			for h := range at.count {
				at.clearBorder(out, h)
				run(at.pixels(out, h), at.pixels(at.in(z), h), at.pixels(at.in(t), h), numbers)
			}
		}
	}, regions(z, t), regions(d))
}

func (p *program) sigmoid(c *calls.Sigmoid) {
	z, y := p.features(c.Logits), p.features(c.P)
	if p.err != nil {
		return
	}
	cut, run := split(z.Map), p.kernels.Sigmoid
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out := at.out(y)
			for h := range at.count {
				at.clearBorder(out, h)
				row := at.pixels(out, h)
				run(row, at.pixels(at.in(z), h))
				for lane := z.C - at.plane*z.Block; lane < z.Block; lane++ { // surplus channels stay zero
					for j := lane; j < len(row); j += z.Block {
						row[j] = 0
					}
				}
			}
		}
	}, regions(z), regions(y))
}

// clearBorder writes the border at the left and right of row h.
func (p part) clearBorder(x []float32, h int) {
	row := x[h*p.row:][:p.row]
	clear(row[:p.Block])
	clear(row[p.row-p.Block:])
}
