package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
)

// A gate multiplies each element of a map: by one number for each pixel and channel, by one for each pixel, or by one
// for each channel.
type gate struct {
	features
	of features
}

// each reports whether the gate has the shape of the map; perChannel whether it has one pixel.
func (g gate) each() bool       { return g.C == g.of.C && g.H == g.of.H && g.W == g.of.W }
func (g gate) perChannel() bool { return !g.each() && g.H == 1 && g.W == 1 }

// scales returns the numbers with which the kernel of an activation multiplies a plane by a gate per channel.
func (g gate) scales(n, plane int, a *kernel.Affine) {
	for lane := range g.of.Block {
		a.Scale[lane] = 0
		if c := plane*g.of.Block + lane; c < g.of.C {
			a.Scale[lane] = g.data[g.Channel(n, min(c, g.C-1), 0, 0)]
		}
	}
}

// pixels returns the gates of the pixels of a part, of a plane of one channel.
func (g gate) pixels(at part) []float32 {
	return g.data[g.Pixel(at.n, 0, at.first, -1):][:at.count*g.Row]
}

// products appends the task y = x·gate + acc.
func (p *program) products(x, acc, y features, g gate) {
	y = y.over(x, acc)
	cut, run := split(y.Map), p.kernels.Activate
	numbers := make([]kernel.Affine, p.pool.workers) // the identity, but for its scales
	for i := range numbers {
		numbers[i].Below, numbers[i].Leaky = below(calls.Identity)
	}
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			if g.perChannel() {
				g.scales(at.n, at.plane, &numbers[worker])
				run(at.out(y), at.in(x), at.in(acc), &numbers[worker], at.Rows)
				continue
			}
			if g.each() {
				p.kernels.Multiply(at.out(y), at.in(x), at.in(g.features), at.in(acc), at.Rows)
				continue
			}
			p.kernels.ScalePixels(at.out(y), at.in(x), g.pixels(at), at.in(acc), at.Rows)
		}
	}, regions(x, acc, g.features), regions(y))
}

func (p *program) multiply(c *calls.Multiply) {
	x, y := p.features(c.X), p.features(c.Y)
	g := gate{p.features(c.G), x}
	if p.err == nil {
		p.products(x, features{}, y, g)
	}
}

func (p *program) multiplyGradX(c *calls.MultiplyGradX) {
	dy, acc, dx := p.features(c.DY), p.features(c.Acc), p.features(c.DX)
	g := gate{p.features(c.G), dy}
	if p.err == nil {
		p.products(dy, acc, dx, g)
	}
}

func (p *program) multiplyGradG(c *calls.MultiplyGradG) {
	x, dy, acc, dg := p.features(c.X), p.features(c.DY), p.features(c.Acc), p.features(c.DG)
	if p.err != nil {
		return
	}
	g := gate{dg, x}
	switch {
	case g.each():
		p.products(x, acc, dg, gate{dy, x})
	case g.perChannel():
		p.channelProducts(x, dy, acc, dg)
	default:
		p.pixelProducts(x, dy, acc, dg)
	}
}

// channelProducts appends the tasks that sum x·dy over the pixels of each channel and sample.
func (p *program) channelProducts(x, dy, acc, dg features) {
	cut, run := split(x.Map), p.kernels.GradSums
	sums := newPartials(cut)
	var numbers kernel.NormGrad // all of dy passes
	numbers.Below, numbers.Leaky = below(calls.Identity)
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(&sums.sums[i], at.in(x), at.in(dy), &numbers, at.Rows)
		}
	}, regions(x, dy), nil)
	p.setChannels(dg, x.C, func(n, c int) float64 { return sums.ofSample(n, c)[1] }, acc)
}

// setChannels appends the task that writes a map of one pixel: of a value for each sample and channel, or of the sum
// of those of all channels, and of acc, which may be the map itself.
func (p *program) setChannels(to features, channels int, value func(n, c int) float64, acc features) {
	totals := make([]float32, to.N*to.C)
	p.once(func() {
		for i := range totals {
			n, c := i/to.C, i%to.C
			total := 0.0
			for more := c; more < channels; more += to.C {
				total += value(n, more)
			}
			if acc.present() {
				total += float64(acc.data[acc.Channel(n, c, 0, 0)])
			}
			totals[i] = float32(total)
		}
		for n := range to.N {
			for plane := range to.Planes {
				clear(to.plane(n, plane))
			}
			for c := range to.C {
				to.data[to.Channel(n, c, 0, 0)] = totals[n*to.C+c]
			}
		}
	})
}

// pixelProducts appends the task that sums x·dy over the channels of each pixel.
func (p *program) pixelProducts(x, dy, acc, dg features) {
	dg = dg.over(acc)
	cut := split(dg.Map)
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out, before := at.out(dg), at.in(acc)
			for plane := range x.Planes {
				from := part{at.n, plane, at.first, at.count, at.last, x.Row, kernel.Rows{
					Count: at.count, Pixels: x.W, Block: x.Block,
				}}
				p.kernels.Dots(out, from.in(x), from.in(dy), before, from.Rows)
				before = out
			}
		}
	}, regions(x, dy, acc), regions(dg))
}

func (p *program) globalMean(c *calls.GlobalMean) {
	x, y := p.features(c.X), p.features(c.Y)
	if p.err != nil {
		return
	}
	sums := p.moments(x, newPerPlane(x.Map))
	count := float64(x.H * x.W)
	p.setChannels(y, x.C, func(n, c int) float64 { return sums.ofSample(n, c)[0] / count }, features{})
}

func (p *program) globalMeanGrad(c *calls.GlobalMeanGrad) {
	dy, acc, dx := p.features(c.DY), p.features(c.Acc), p.features(c.DX)
	if p.err != nil {
		return
	}
	if !acc.present() {
		p.fallback(c) // a map of nothing but these numbers
		return
	}
	dx = dx.over(acc)
	cut, run := split(dx.Map), p.kernels.Activate
	count := float32(dx.H * dx.W)
	numbers := make([]kernel.Affine, p.pool.workers)
	for i := range numbers {
		numbers[i].Below, numbers[i].Leaky = below(calls.Identity)
	}
	p.overMap(cut, func(worker, piece int) {
		a := &numbers[worker]
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			for lane := range dx.Block {
				a.Scale[lane], a.Shift[lane] = 0, 0
				if c := at.plane*dx.Block + lane; c < dx.C {
					a.Scale[lane], a.Shift[lane] = 1, dy.data[dy.Channel(at.n, c, 0, 0)]/count
				}
			}
			run(at.out(dx), at.in(acc), nil, a, at.Rows)
		}
	}, regions(dy, acc), regions(dx))
}
