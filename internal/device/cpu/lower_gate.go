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

// pixels returns the gates of row h of a plane, without the border: as many as the row has elements if the gate has
// the map's shape, else one for each pixel.
func (g gate) pixels(at part, h int) []float32 {
	if g.each() {
		return at.pixels(at.in(g.features), h)
	}
	first := g.Pixel(at.n, 0, at.first+h, 0)
	return g.data[first:][:at.Rows.Pixels]
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
			out := at.out(y)
			for h := range at.count {
				to, gates := at.pixels(out, h), g.pixels(at, h)
				var before []float32
				if acc.present() {
					before = at.pixels(at.in(acc), h)
				}
				multiplyRow(to, at.pixels(at.in(x), h), gates, before)
				at.clearBorder(out, h)
			}
		}
	}, regions(x, acc, g.features), regions(y))
}

// multiplyRow sets `to` to x·gate + before, with a gate for each element or for each pixel; a nil `before` is zero.
func multiplyRow(to, x, gates, before []float32) {
	block := len(to) / len(gates)
	if block == kernel.Lanes && before == nil {
		for i, g := range gates {
			out, in := (*[kernel.Lanes]float32)(to[i*kernel.Lanes:]), (*[kernel.Lanes]float32)(x[i*kernel.Lanes:])
			for j := range out {
				out[j] = in[j] * g
			}
		}
		return
	}
	for i, g := range gates {
		out, in := to[i*block:][:block], x[i*block:][:block]
		for j, v := range in {
			v *= g
			if before != nil {
				v += before[i*block+j]
			}
			out[j] = v
		}
	}
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
			out := at.out(dg)
			for h := range at.count {
				row := at.first + h
				to := at.pixels(out, h)
				var before []float32
				if acc.present() {
					before = at.pixels(at.in(acc), h)
				}
				for w := range to {
					total := 0.0
					for plane := range x.Planes {
						from := x.data[x.Pixel(at.n, plane, row, w):][:x.Block]
						for lane, d := range dy.data[dy.Pixel(at.n, plane, row, w):][:x.Block] {
							total += float64(from[lane]) * float64(d)
						}
					}
					if before != nil {
						total += float64(before[w])
					}
					to[w] = float32(total)
				}
				at.clearBorder(out, h)
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
