package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
)

func (p *program) adam(c *calls.Adam) {
	param, grad, m, v, rates := p.plain(c.Param), p.plain(c.Grad), p.plain(c.M), p.plain(c.V), p.plain(c.Rates)
	if p.err != nil {
		return
	}
	b1, b2 := float32(c.Beta1), float32(c.Beta2)
	step := &kernel.AdamStep{Beta1: b1, Rest1: 1 - b1, Beta2: b2, Rest2: 1 - b2, Epsilon: float32(c.Epsilon)}
	p.once(func() { step.Rate, step.Root = rates[0], rates[1] })
	run := p.kernels.Adam
	p.overVector(len(param), func(_, first, end int) {
		run(param[first:end], grad[first:end], m[first:end], v[first:end], step)
	})
}
