package cpu

import (
	"math"

	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
)

// A rowFunction computes a function that is not of two slopes, a row at a time: arguments and results go through a
// worker's own rows, which stay in its cache, and the kernels of the identity do the rest.
type rowFunction struct {
	f       calls.Function
	kernels *kernel.Set
}

// apply sets `to` to f(u).
func (r rowFunction) apply(to, u []float32) {
	switch r.f {
	case calls.ELU:
		for i, v := range u {
			if !(v > 0) {
				v = float32(math.Expm1(float64(v)))
			}
			to[i] = v
		}
	case calls.SiLU:
		r.kernels.Sigmoid(to, u)
		for i, v := range u {
			to[i] *= v
		}
	default: // calls.Logistic
		r.kernels.Sigmoid(to, u)
	}
}

// gradient sets `to` to dy·f′(u).
func (r rowFunction) gradient(to, u, dy []float32) {
	switch r.f {
	case calls.ELU:
		for i, v := range u {
			d := dy[i]
			if !(v > 0) {
				d *= float32(math.Exp(float64(v)))
			}
			to[i] = d
		}
	case calls.SiLU:
		r.kernels.Sigmoid(to, u)
		for i, v := range u {
			s := to[i]
			to[i] = dy[i] * (s * (1 + float32(v*(1-s))))
		}
	default: // calls.Logistic: the term of dy·σ·(1 − σ) of a loss
		r.kernels.LossGrad(to, u, dy, &kernel.LossGrad{Slope: 1})
	}
}

// rowsOf returns two of a worker's own rows, border included, and the same without it.
func (p *program) rowsOf(worker int, at part) (u, d, uInside, dInside []float32) {
	u, d = p.rowMemory[worker][:at.row], p.rowMemory[worker][at.row:2*at.row]
	return u, d, at.pixels(u, 0), at.pixels(d, 0)
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

// activateRows is activate for any function.
func (p *program) activateRows(c *calls.Activate, z, residual, y features, n *norm) {
	numbers := p.affine(z.Map, n, calls.Identity)
	cut, f := split(z.Map), rowFunction{c.Function, &p.kernels}
	p.needRows(2 * z.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out := at.out(y)
			for h := range at.count {
				u, _, argument, value := p.rowsOf(worker, at)
				p.kernels.Activate(u, at.rowOf(at.in(z), h), nil, &numbers[at.plane], at.one())
				f.apply(value, argument)
				for lane := z.C - at.plane*z.Block; lane < z.Block; lane++ { // surplus channels stay zero
					for j := lane; j < len(value); j += z.Block {
						value[j] = 0
					}
				}
				if residual.present() {
					for j, v := range at.pixels(at.in(residual), h) {
						value[j] += v
					}
				}
				copy(at.pixels(out, h), value)
				at.clearBorder(out, h)
			}
		}
	}, regions(z, residual), regions(y))
}

// gradientRow returns row h of dy·f′(norm(z)), border included, in a worker's own memory.
func (p *program) gradientRow(
	worker int, at part, h int, f rowFunction, z, dy features, numbers []kernel.Affine,
) []float32 {
	u, d, argument, gradient := p.rowsOf(worker, at)
	p.kernels.Activate(u, at.rowOf(at.in(z), h), nil, &numbers[at.plane], at.one())
	f.gradient(gradient, argument, at.pixels(at.in(dy), h))
	return d
}

// normGradSumsRows appends the task of normGradSums for any function.
func (p *program) normGradSumsRows(f calls.Function, z, dy features, n *norm, grads normGrads, parts partials) {
	numbers := p.affine(z.Map, n, calls.Identity)
	cut, by := parts.cut, rowFunction{f, &p.kernels}
	p.needRows(2 * z.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			total := &parts.sums[i]
			*total = kernel.Sums{}
			for h := range at.count {
				var row kernel.Sums
				d := p.gradientRow(worker, at, h, by, z, dy, numbers)
				p.kernels.GradSums(&row, at.rowOf(at.in(z), h), d, &grads[at.plane], at.one())
				for k := range row {
					for lane, v := range row[k] {
						total[k][lane] += v
					}
				}
			}
		}
	}, regions(z, dy), nil)
}

// activateGradRows appends the task of activateGrad for any function.
func (p *program) activateGradRows(f calls.Function, z, dy, acc, dz features, n *norm, grads normGrads) {
	numbers := p.affine(z.Map, n, calls.Identity)
	cut, by := split(z.Map), rowFunction{f, &p.kernels}
	p.needRows(2 * z.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out := at.out(dz)
			for h := range at.count {
				d := p.gradientRow(worker, at, h, by, z, dy, numbers)
				p.kernels.ActivateGrad(at.rowOf(out, h), at.rowOf(at.in(z), h), d, at.rowOf(at.in(acc), h),
					&grads[at.plane], at.one())
			}
		}
	}, regions(z, dy, acc), regions(dz))
}
