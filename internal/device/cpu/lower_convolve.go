package cpu

import "r2unet/internal/calls"

func (p *program) convolve(c *calls.Convolve) {
	if depthwise(c.Window, c.X.Shape[1], c.Y.Shape[1]) {
		p.depthwise(c)
		return
	}
	if dense(c.Window) {
		p.dense(c)
		return
	}
	p.fallback(c)
}

func (p *program) convolveGradX(c *calls.ConvolveGradX) {
	if depthwise(c.Window, c.DX.Shape[1], c.DY.Shape[1]) {
		p.depthwiseGradX(c)
		return
	}
	if dense(c.Window) {
		p.denseGradX(c)
		return
	}
	p.fallback(c)
}

func (p *program) convolveGradW(c *calls.ConvolveGradW) {
	if depthwise(c.Window, c.X.Shape[1], c.DY.Shape[1]) {
		p.depthwiseGradW(c)
		return
	}
	if dense(c.Window) {
		p.denseGradW(c)
		return
	}
	p.fallback(c)
}
