package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
)

// A curve computes a function that is not of two slopes, in bands of a few rows: arguments and results go through a
// worker's own memory, which stays in its cache, and the kernels of the identity do the rest. Bands include the border,
// because all these functions but the logistic one are zero at zero, and every gradient is.
type curve struct {
	f       calls.Function
	kernels *kernel.Set
}

// apply sets `to` to f(u) for a band of a part of a map of so many channels, zero in the border and surplus channels.
func (c curve) apply(to, u []float32, at part, channels int) {
	switch c.f {
	case calls.ELU:
		c.kernels.ELU(to, u)
		return
	case calls.SiLU:
		c.kernels.SiLU(to, u)
		return
	}
	c.kernels.Sigmoid(to, u)
	for ; len(to) > 0; to = to[at.row:] {
		at.clearBorder(to, 0)
		for lane := max(0, channels-at.plane*at.Block); lane < at.Block; lane++ {
			for i := lane; i < at.row; i += at.Block {
				to[i] = 0
			}
		}
	}
}

// gradient sets `to` to dy·f′(u).
func (c curve) gradient(to, u, dy []float32) {
	switch c.f {
	case calls.ELU:
		c.kernels.ELUGrad(to, u, dy)
	case calls.SiLU:
		c.kernels.SiLUGrad(to, u, dy)
	default: // calls.Logistic: the term of dy·σ·(1 − σ) of a loss
		c.kernels.LossGrad(to, u, dy, &kernel.LossGrad{Slope: 1})
	}
}

// bandFloats is roughly how much of a map a curve computes at a time: two bands stay in a core's first-level cache.
const bandFloats = 1 << 11

// A band is a few rows of a part.
type band struct {
	kernel.Rows
	first, end int // floats of the part's operands
}

// bands calls visit with the bands of a part, in order.
func (p part) bands(visit func(b band)) {
	few := max(1, bandFloats/p.row)
	for h := 0; h < p.count; h += few {
		count := min(few, p.count-h)
		visit(band{kernel.Rows{Count: count, Pixels: p.Pixels, Block: p.Block}, h * p.row, (h + count) * p.row})
	}
}

// of returns the band of an operand of its part, border included; nil of none.
func (b band) of(x []float32) []float32 {
	if x == nil {
		return nil
	}
	return x[b.first:b.end]
}

// rowOf returns row h of an operand of the part, border included; nil of none.
func (p part) rowOf(x []float32, h int) []float32 {
	if x == nil {
		return nil
	}
	return x[h*p.row:][:p.row]
}

// one is the part's rows, one at a time.
func (p part) one() kernel.Rows { return kernel.Rows{Count: 1, Pixels: p.Rows.Pixels, Block: p.Block} }

// needBands makes every worker's own memory large enough for two bands of a map.
func (p *program) needBands(row int) { p.needRows(2 * max(row, bandFloats)) }

// bandsOf returns a worker's own memory for two bands.
func (p *program) bandsOf(worker int, b band) (u, d []float32) {
	size := b.end - b.first
	return p.rowMemory[worker][:size], p.rowMemory[worker][size:][:size]
}

// activateCurve is activate for any function.
func (p *program) activateCurve(c *calls.Activate, z, residual, y features, n *norm) {
	numbers := p.affine(z.Map, n, calls.Identity)
	cut, f := split(z.Map), curve{c.Function, &p.kernels}
	p.needBands(z.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out, in, rest := at.out(y), at.in(z), at.in(residual)
			at.bands(func(b band) {
				u, value := p.bandsOf(worker, b)
				argument, to := b.of(in), b.of(out)
				if n != nil {
					p.kernels.Activate(u, argument, nil, &numbers[at.plane], b.Rows)
					argument = u
				}
				if rest == nil {
					f.apply(to, argument, at, z.C)
					return
				}
				f.apply(value, argument, at, z.C)
				p.kernels.Add(to, value, b.of(rest), b.Rows)
			})
		}
	}, regions(z, residual), regions(y))
}

// normGradSumsCurve appends the task of normGradSums for any function.
func (p *program) normGradSumsCurve(f calls.Function, z, dy features, n *norm, grads normGrads, parts partials) {
	numbers := p.affine(z.Map, n, calls.Identity)
	cut, by := parts.cut, curve{f, &p.kernels}
	p.needBands(z.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			in, gradient := at.in(z), at.in(dy)
			total := &parts.sums[i]
			*total = kernel.Sums{}
			at.bands(func(b band) {
				var sums kernel.Sums
				u, d := p.bandsOf(worker, b)
				p.kernels.Activate(u, b.of(in), nil, &numbers[at.plane], b.Rows)
				by.gradient(d, u, b.of(gradient))
				p.kernels.GradSums(&sums, b.of(in), d, &grads[at.plane], b.Rows)
				for k := range sums {
					for lane, v := range sums[k] {
						total[k][lane] += v
					}
				}
			})
		}
	}, regions(z, dy), nil)
}

// activateGradCurve appends the task of activateGrad for any function.
func (p *program) activateGradCurve(f calls.Function, z, dy, acc, dz features, n *norm, grads normGrads) {
	numbers := p.affine(z.Map, n, calls.Identity)
	cut, by := split(z.Map), curve{f, &p.kernels}
	p.needBands(z.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out, in, gradient, before := at.out(dz), at.in(z), at.in(dy), at.in(acc)
			at.bands(func(b band) {
				u, d := p.bandsOf(worker, b)
				switch {
				case n != nil:
					p.kernels.Activate(u, b.of(in), nil, &numbers[at.plane], b.Rows)
					by.gradient(d, u, b.of(gradient))
					p.kernels.ActivateGrad(b.of(out), b.of(in), d, b.of(before), &grads[at.plane], b.Rows)
				case before != nil:
					by.gradient(d, b.of(in), b.of(gradient))
					p.kernels.Add(b.of(out), d, b.of(before), b.Rows)
				default:
					by.gradient(b.of(out), b.of(in), b.of(gradient))
				}
			})
		}
	}, regions(z, dy, acc), regions(dz))
}
