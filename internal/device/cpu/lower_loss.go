package cpu

import (
	"math"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu/kernel"
)

// sigmoid is 1/(1 + e^−z), without overflow.
func sigmoid(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

// pixels calls visit with each row of the part in two maps of one channel.
func (p part) pixels(a, b features, visit func(a, b []float32)) {
	left, right := p.in(a), p.in(b)
	for h := range p.count {
		at := h*p.row + 1
		visit(left[at:][:p.Pixels], right[at:][:p.Pixels])
	}
}

// pixelSums are sums over the pixels of a part, for loss and scores.
type pixelSums struct {
	entropy       float64 // Σ −t·log p − (1−t)·log(1−p)
	both, p, t    float64 // Σ p·t, Σ p, Σ t: the overlap of the Dice loss
	squares       float64 // Σ (p − t)²
	right, pixels float64
}

func (s *pixelSums) add(o pixelSums) {
	s.entropy += o.entropy
	s.both += o.both
	s.p += o.p
	s.t += o.t
	s.squares += o.squares
	s.right += o.right
	s.pixels += o.pixels
}

func (s *pixelSums) row(logits, target []float32) {
	for i, logit := range logits {
		z, t := float64(logit), float64(target[i])
		e := math.Exp(-math.Abs(z))
		p := 1 / (1 + e)
		if z < 0 {
			p = e / (1 + e)
		}
		s.entropy += max(z, 0) - z*t + math.Log1p(e)
		s.both += p * t
		s.p += p
		s.t += t
		s.squares += (p - t) * (p - t)
		if (z > 0) == (t > 0.5) {
			s.right++
		}
		s.pixels++
	}
}

// pixelSums appends the tasks that sum over all pixels; use gets the total.
func (p *program) pixelSums(logits, target *device.Tensor, use func(pixelSums)) {
	z, t := p.features(logits), p.features(target)
	if p.err != nil {
		return
	}
	cut := split(z.Map)
	sums := make([]pixelSums, cut.parts())
	p.then(cut.pieces(), func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			sums[i] = pixelSums{}
			cut.part(i).pixels(z, t, sums[i].row)
		}
	})
	p.once(func() {
		var total pixelSums
		for _, s := range sums {
			total.add(s)
		}
		use(total)
	})
}

func (p *program) loss(c *device.Loss) {
	out := p.plain(c.Loss)
	p.pixelSums(c.Logits, c.Target, func(s pixelSums) {
		out[0] = float32(c.Weights.BCE*s.entropy/s.pixels + c.Weights.Dice*(1-(2*s.both+1)/(s.p+s.t+1)))
	})
}

func (p *program) scores(c *device.Scores) {
	out := p.plain(c.Scores)
	p.pixelSums(c.Logits, c.Target, func(s pixelSums) {
		out[0], out[1] = float32(s.squares/s.pixels), float32(s.right/s.pixels)
	})
}

func (p *program) lossGrad(c *device.LossGrad) {
	z, t, d := p.features(c.Logits), p.features(c.Target), p.features(c.DLogits)
	if p.err != nil {
		return
	}
	bce := c.Weights.BCE / float64(z.N*z.H*z.W)
	var constant, slope float64 // of the Dice loss's gradient with respect to p, over t
	if c.Weights.Dice != 0 {
		p.pixelSums(c.Logits, c.Target, func(s pixelSums) {
			size := s.p + s.t + 1
			constant, slope = c.Weights.Dice*(2*s.both+1)/(size*size), -2*c.Weights.Dice/size
		})
	}
	cut := split(z.Map)
	p.then(cut.pieces(), func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out, logits, target := at.out(d), at.in(z), at.in(t)
			clear(out)
			for h := range at.count {
				for j := h*at.row + 1; j <= h*at.row+at.Pixels; j++ {
					p, truth := sigmoid(float64(logits[j])), float64(target[j])
					out[j] = float32(bce*(p-truth) + (constant+slope*truth)*p*(1-p))
				}
			}
		}
	})
}

func (p *program) sigmoid(c *device.Sigmoid) {
	z, y := p.features(c.Logits), p.features(c.P)
	if p.err != nil {
		return
	}
	cut := split(z.Map)
	p.then(cut.pieces(), func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out, logits := at.out(y), at.in(z)
			live := min(z.C-at.plane*z.Block, z.Block)
			for h := range at.count {
				row := out[h*at.row:][:at.row]
				for j := range row {
					pixel, lane := j/z.Block, j%z.Block
					if pixel == 0 || pixel > z.W || lane >= live {
						row[j] = 0
						continue
					}
					row[j] = float32(sigmoid(float64(logits[h*at.row+j])))
				}
			}
		}
	})
}

// adamFloats is how many parameters a piece of Adam covers.
const adamFloats = 1 << 13

func (p *program) adam(c *device.Adam) {
	param, grad, m, v, rates := p.plain(c.Param), p.plain(c.Grad), p.plain(c.M), p.plain(c.V), p.plain(c.Rates)
	if p.err != nil {
		return
	}
	b1, b2 := float32(c.Beta1), float32(c.Beta2)
	step := &kernel.AdamStep{Beta1: b1, Rest1: 1 - b1, Beta2: b2, Rest2: 1 - b2, Epsilon: float32(c.Epsilon)}
	p.once(func() { step.Rate, step.Root = rates[0], rates[1] })
	run := p.kernels.Adam
	p.then((len(param)+adamFloats-1)/adamFloats, func(_, piece int) {
		first := piece * adamFloats
		end := min(first+adamFloats, len(param))
		run(param[first:end], grad[first:end], m[first:end], v[first:end], step)
	})
}
