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

// counted calls visit with each run of pixels of a row whose target is not negative, and returns their number: the
// others are ignored. A row without ignored pixels is one run.
func counted(target []float32, visit func(first, end int)) (count int) {
	for i := 0; i < len(target); i++ {
		if target[i] < 0 {
			continue
		}
		first := i
		for i < len(target) && !(target[i] < 0) {
			i++
		}
		count += i - first
		visit(first, i)
	}
	return count
}

// pixelCount appends the tasks that count the pixels of a target that are not ignored.
func (p *program) pixelCount(target *device.Tensor, use func(pixels float64)) {
	t := p.features(target)
	if p.err != nil {
		return
	}
	cut := split(t.Map)
	counts := make([]int, cut.parts())
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			counts[i] = 0
			for h := range at.count {
				counts[i] += counted(at.pixels(at.in(t), h), func(_, _ int) {})
			}
		}
	}, regions(t), nil)
	p.once(func() { use(total(counts)) })
}

// total returns the number of pixels by which a mean divides, which is 1 if all are ignored.
func total(counts []int) float64 {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(max(sum, 1))
}

// overlap holds the sums from which a loss is computed: the mean cross-entropy, and Σ p·t, Σ p, Σ t of the Dice loss.
type overlap struct{ entropy, both, p, t, squares, right float64 }

// pixelSums appends the tasks that sum over the pixels that are not ignored; use receives the totals and their number.
func (p *program) pixelSums(logits, target *device.Tensor, use func(o overlap, pixels float64)) {
	z, t := p.features(logits), p.features(target)
	if p.err != nil {
		return
	}
	cut, run := split(z.Map), p.kernels.PixelSums
	sums, counts := make([]kernel.PixelSums, cut.parts()), make([]int, cut.parts())
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			sums[i], counts[i] = kernel.PixelSums{}, 0
			for h := range at.count {
				logits, truth := at.pixels(at.in(z), h), at.pixels(at.in(t), h)
				counts[i] += counted(truth, func(first, end int) { run(&sums[i], logits[first:end], truth[first:end]) })
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
		use(o, total(counts))
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

func (p *program) combine(c *calls.Combine) {
	terms, y := make([][]float32, len(c.Terms)), p.plain(c.Y)
	for i, t := range c.Terms {
		terms[i] = p.plain(t)
	}
	if p.err != nil {
		return
	}
	p.once(func() {
		sum := 0.0
		for i, term := range terms {
			sum += float64(c.Factors[i] * float64(term[0]))
		}
		y[0] = float32(sum)
	})
}

func (p *program) scale(c *calls.Scale) {
	x, acc, y := p.plain(c.X), p.plain(c.Acc), p.plain(c.Y)
	if p.err != nil {
		return
	}
	p.once(func() {
		value := c.Factor
		if x != nil {
			value *= float64(x[0])
		}
		if acc != nil {
			value += float64(acc[0])
		}
		y[0] = float32(value)
	})
}

func (p *program) lossGrad(c *calls.LossGrad) {
	z, t, d := p.features(c.Logits), p.features(c.Target), p.features(c.DLogits)
	grad := p.plain(c.Grad)
	if p.err != nil {
		return
	}
	weights := func() (bce, dice float64) {
		if grad == nil {
			return c.Weights.BCE, c.Weights.Dice
		}
		return c.Weights.BCE * float64(grad[0]), c.Weights.Dice * float64(grad[0])
	}
	numbers := &kernel.LossGrad{}
	if c.Weights.Dice == 0 {
		p.pixelCount(c.Target, func(pixels float64) {
			bce, _ := weights()
			numbers.BCE = float32(bce / pixels)
		})
	} else {
		p.pixelSums(c.Logits, c.Target, func(o overlap, pixels float64) {
			bce, dice := weights()
			size := o.p + o.t + 1
			numbers.BCE = float32(bce / pixels)
			numbers.Constant = float32(dice * (2*o.both + 1) / (size * size))
			numbers.Slope = float32(-2 * dice / size)
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
				gradient, logits, truth := at.pixels(out, h), at.pixels(at.in(z), h), at.pixels(at.in(t), h)
				n := counted(truth, func(first, end int) {
					run(gradient[first:end], logits[first:end], truth[first:end], numbers)
				})
				if n == len(truth) {
					continue
				}
				for i, v := range truth {
					if v < 0 {
						gradient[i] = 0
					}
				}
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
