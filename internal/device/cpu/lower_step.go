package cpu

import "r2unet/internal/calls"

// stepFloats is the number of parameters that a piece of an optimizer's step covers.
const stepFloats = 1 << 13

// overVector appends a task over the pieces of a flat vector; do gets the number and the range of a piece.
func (p *program) overVector(length int, do func(piece, first, end int)) {
	p.then(task{pieces: (length + stepFloats - 1) / stepFloats, do: func(_, piece int) {
		first := piece * stepFloats
		do(piece, first, min(first+stepFloats, length))
	}})
}

// update takes steps by their formula in pieces.
func (p *program) update(c *calls.Update) {
	param, grad, numbers := p.plain(c.Param), p.plain(c.Grad), p.plain(c.Numbers)
	state := make([][]float32, len(c.State))
	for i, s := range c.State {
		state[i] = p.plain(s)
	}
	if p.err != nil {
		return
	}
	p.overVector(len(param), func(_, first, end int) {
		parts := make([][]float32, len(state))
		for i, s := range state {
			parts[i] = s[first:end]
		}
		calls.UpdateElements(c, numbers, param[first:end], grad[first:end], parts)
	})
}

func (p *program) penalize(c *calls.Penalize) {
	param, grad, decay := p.plain(c.Param), p.plain(c.Grad), float32(c.Decay)
	p.overVector(len(param), func(_, first, end int) {
		g := grad[first:end]
		for i, w := range param[first:end] {
			g[i] += float32(decay * w) // the conversion keeps compilers from rounding less often on other processors
		}
	})
}

func (p *program) shrink(c *calls.Shrink) {
	param, fraction := p.plain(c.Param), p.plain(c.Fraction)
	p.overVector(len(param), func(_, first, end int) {
		f, w := fraction[0], param[first:end]
		for i, v := range w {
			w[i] = v - float32(f*v)
		}
	})
}

// clip sums the squares of each piece, adds the sums in the order of the pieces, and scales.
func (p *program) clip(c *calls.Clip) {
	grad := p.plain(c.Grad)
	var factor float32
	sums := make([]float64, (len(grad)+stepFloats-1)/stepFloats)
	p.overVector(len(grad), func(piece, first, end int) {
		sum := 0.0
		for _, g := range grad[first:end] {
			sum += float64(float64(g) * float64(g))
		}
		sums[piece] = sum
	})
	p.once(func() {
		total := 0.0
		for _, sum := range sums {
			total += sum
		}
		factor = float32(c.Factor(total))
	})
	p.overVector(len(grad), func(_, first, end int) {
		if factor == 1 {
			return
		}
		g := grad[first:end]
		for i := range g {
			g[i] *= factor
		}
	})
}

func (p *program) accumulate(c *calls.Accumulate) {
	grad, mean, shares := p.plain(c.Grad), p.plain(c.Mean), p.plain(c.Shares)
	p.overVector(len(grad), func(_, first, end int) {
		before, share, m := shares[0], shares[1], mean[first:end]
		for i, g := range grad[first:end] {
			sum := share * g
			if before != 0 {
				sum += float32(before * m[i])
			}
			m[i] = sum
		}
	})
}
