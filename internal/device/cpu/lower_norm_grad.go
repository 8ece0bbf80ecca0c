package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
)

// normGrads are the numbers for the gradient of norm and activation for each plane.
type normGrads []kernel.NormGrad

// newNormGrads returns the numbers for a map and a function, of which set computes those that depend on the norm.
func newNormGrads(m layout.Map, f calls.Function) normGrads {
	if _, slopes := f.Slope(); !slopes {
		f = calls.Identity // the gradient of the function is computed before
	}
	g := make(normGrads, m.Planes)
	for i := range g {
		g[i].Below, g[i].Leaky = below(f)
	}
	return g
}

// set computes the numbers of channel c; sums are the gradients of beta and gamma over count pixels, and nil in the
// pass that computes them.
func (g normGrads) set(m layout.Map, n *norm, c int, sums []float32, count float64) {
	v, lane := &g[c/m.Block], c%m.Block
	v.Mean[lane], v.Scale[lane], v.Shift[lane] = n.centred(c)
	v.Direct[lane] = v.Scale[lane]
	if n != nil && sums != nil {
		v.Offset[lane] = float32(-float64(sums[c]) / count)
		v.Slope[lane] = float32(-n.inverse(c) * float64(sums[m.C+c]) / count)
	}
}

func (p *program) normGradSums(c *calls.NormGradSums) {
	z, dy, norm, sums := p.features(c.Z), p.features(c.DY), p.norm(c.Norm), p.plain(c.Sums)
	if p.err != nil {
		return
	}
	grads := newNormGrads(z.Map, c.Function)
	p.prepareNorm(func() {
		for channel := range z.C {
			grads.set(z.Map, norm, channel, nil, 0)
		}
	}, norm)
	cut, run := split(z.Map), p.kernels.GradSums
	parts := newPartials(cut)
	if _, slopes := c.Function.Slope(); slopes {
		p.overMap(cut, func(_, piece int) {
			first, end := cut.of(piece)
			for i := first; i < end; i++ {
				at := cut.part(i)
				run(&parts.sums[i], at.in(z), at.in(dy), &grads[at.plane], at.Rows)
			}
		}, regions(z, dy), nil)
	} else {
		p.normGradSumsCurve(c.Function, z, dy, norm, grads, parts)
	}
	p.reduce(func() {
		for c := range z.C {
			total := parts.total(c)
			sums[c], sums[z.C+c] = float32(total[0]), float32(total[1]*norm.inverse(c))
		}
	}, sums)
}

func (p *program) activateGrad(c *calls.ActivateGrad) {
	z, dy, acc, dz := p.features(c.Z), p.features(c.DY), p.features(c.Acc), p.features(c.DZ)
	norm, sums := p.norm(c.Norm), p.plain(c.Sums)
	if p.err != nil {
		return
	}
	dz = dz.over(z, dy, acc)
	grads := newNormGrads(z.Map, c.Function)
	count := float64(z.N * z.H * z.W)
	p.prepare(func() {
		for channel := range z.C {
			grads.set(z.Map, norm, channel, sums, count)
		}
	}, append(norm.reads(), sums)...)
	if _, slopes := c.Function.Slope(); !slopes {
		p.activateGradCurve(c.Function, z, dy, acc, dz, norm, grads)
		return
	}
	cut, run := split(z.Map), p.kernels.ActivateGrad
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(dz), at.in(z), at.in(dy), at.in(acc), &grads[at.plane], at.Rows)
		}
	}, regions(z, dy, acc), regions(dz))
}
