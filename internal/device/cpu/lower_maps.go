package cpu

import (
	"fmt"
	"unsafe"

	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
)

func (p *program) add(c *calls.Add) {
	a, b, y := p.features(c.A), p.features(c.B), p.features(c.Y)
	if p.err != nil {
		return
	}
	y = y.over(a, b)
	cut, run := split(y.Map), p.kernels.Add
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(y), at.in(a), at.in(b), at.Rows)
		}
	}, regions(a, b), regions(y))
}

func (p *program) concat(c *calls.Concat) {
	a, b, y := p.features(c.A), p.features(c.B), p.features(c.Y)
	if p.err != nil {
		return
	}
	p.bySample(y.N, 1, y.N, func(_, n int) {
		y.clearUncovered(n)
		copyChannels(y, a, n, 0, 0, a.C)
		copyChannels(y, b, n, a.C, 0, b.C)
	}, regions(a, b), regions(y))
}

func (p *program) slice(c *calls.Slice) {
	x, y := p.features(c.X), p.features(c.Y)
	if p.err != nil {
		return
	}
	p.bySample(y.N, 1, y.N, func(_, n int) {
		y.clearUncovered(n)
		copyChannels(y, x, n, 0, c.Start, y.C)
	}, regions(x), regions(y))
}

// clearUncovered writes the zeros of sample n: the border, and all of a plane with surplus channels.
func (f features) clearUncovered(n int) {
	for plane := range f.Planes {
		data := f.plane(n, plane)
		if (plane+1)*f.Block > f.C {
			clear(data)
			continue
		}
		clear(data[:f.Row])
		for h := range f.H {
			row := data[(h+layout.Border)*f.Row:][:f.Row]
			clear(row[:f.Block])
			clear(row[f.Row-f.Block:])
		}
		clear(data[f.Plane-f.Row:])
	}
}

// copyHalves copies eight channels of a row of pixels, which are toStep and fromStep floats apart.
func copyHalves(to, from []float32, pixels, toStep, fromStep int) {
	last := pixels - 1
	dst, src := unsafe.Pointer(&to[:last*toStep+kernel.Half][0]), unsafe.Pointer(&from[:last*fromStep+kernel.Half][0])
	for {
		*(*[kernel.Half]float32)(dst) = *(*[kernel.Half]float32)(src)
		if last == 0 {
			return
		}
		dst, src = unsafe.Add(dst, 4*toStep), unsafe.Add(src, 4*fromStep)
		last--
	}
}

// copyChannels copies channels of sample n between maps of the same height and width: by whole planes if both sides
// have them, and by blocks of eight channels if one side is a map of few channels.
func copyChannels(to, from features, n, toFirst, fromFirst, count int) {
	if to.Block == from.Block && toFirst%to.Block == 0 && fromFirst%from.Block == 0 && count%to.Block == 0 {
		for i := range count / to.Block {
			copy(to.plane(n, toFirst/to.Block+i), from.plane(n, fromFirst/from.Block+i))
		}
		return
	}
	if count == kernel.Half && (to.Block == kernel.Half || from.Block == kernel.Half) &&
		toFirst%kernel.Half == 0 && fromFirst%kernel.Half == 0 && to.Block > 1 && from.Block > 1 {
		for h := range to.H {
			dst, src := to.data[to.Channel(n, toFirst, h, 0):], from.data[from.Channel(n, fromFirst, h, 0):]
			copyHalves(dst, src, to.W, to.Block, from.Block)
		}
		return
	}
	for c := range count {
		for h := range to.H {
			dst, src := to.data[to.Channel(n, toFirst+c, h, 0):], from.data[from.Channel(n, fromFirst+c, h, 0):]
			for w := range to.W {
				dst[w*to.Block] = src[w*from.Block]
			}
		}
	}
}

func (p *program) maxPool(c *calls.MaxPool) {
	x, y := p.features(c.X), p.features(c.Y)
	if p.err == nil && (x.H != 2*y.H || x.W != 2*y.W) {
		p.fail(fmt.Errorf("%v is not twice as large as %v", c.X, c.Y))
	}
	if p.err != nil {
		return
	}
	cut, run := split(y.Map), p.kernels.MaxPool
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(y), at.twice(x.Map).in(x), at.Rows)
		}
	}, regions(x), regions(y))
}

func (p *program) maxPoolGrad(c *calls.MaxPoolGrad) {
	x, dy, acc, dx := p.features(c.X), p.features(c.DY), p.features(c.Acc), p.features(c.DX)
	if p.err == nil && (x.H != 2*dy.H || x.W != 2*dy.W) {
		p.fail(fmt.Errorf("%v is not twice as large as %v", c.X, c.DY))
	}
	if p.err != nil {
		return
	}
	dx = dx.over(acc)
	cut, run := split(dy.Map), p.kernels.MaxPoolGrad
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			large := at.twice(x.Map)
			run(large.out(dx), large.in(x), at.in(dy), large.in(acc), at.Rows)
		}
	}, regions(x, dy, acc), regions(dx))
}

// twice returns the corresponding part of a map m of twice the height and width.
func (p part) twice(m layout.Map) part {
	return part{
		p.n, p.plane, 2 * p.first, 2 * p.count, p.last, m.Row,
		kernel.Rows{Count: 2 * p.count, Pixels: m.W, Block: m.Block},
	}
}
