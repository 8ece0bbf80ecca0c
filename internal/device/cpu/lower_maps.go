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
	p.overStrips(y, func(s strip) {
		s.clearUncovered(y)
		s.copyChannels(y, a, 0, 0, a.C)
		s.copyChannels(y, b, a.C, 0, b.C)
	}, regions(a, b))
}

func (p *program) slice(c *calls.Slice) {
	x, y := p.features(c.X), p.features(c.Y)
	if p.err != nil {
		return
	}
	p.overStrips(y, func(s strip) {
		s.clearUncovered(y)
		s.copyChannels(y, x, 0, c.Start, y.C)
	}, regions(x))
}

// A strip is rows of one sample: from top to above bottom, with the border beside it.
type strip struct{ n, top, bottom int }

// overStrips appends a task that writes y in strips of all planes.
func (p *program) overStrips(y features, do func(strip), reads []region) {
	rows := min(y.H, max(1, pieceFloats/(y.Row*y.Planes)))
	strips := (y.H + rows - 1) / rows
	span := func(piece int) (first, end int) { return piece * rows, min((piece+1)*rows, y.H) }
	p.bySample(y.N*strips, strips, y.N, func(_, piece int) {
		first, end := span(piece % strips)
		do(strip{piece / strips, first, end})
	}, reads, regions(y))
	p.byRows(y.H, span)
}

// within returns the strip of a plane, with the border rows above and below that belong to it.
func (s strip) within(f features, plane int) []float32 {
	first, end := s.top+layout.Border, s.bottom+layout.Border
	if s.top == 0 {
		first = 0
	}
	if s.bottom == f.H {
		end += layout.Border
	}
	return f.plane(s.n, plane)[first*f.Row : end*f.Row]
}

// clearUncovered writes the zeros of a map: its border, and all of a plane with surplus channels.
func (s strip) clearUncovered(f features) {
	for plane := range f.Planes {
		data := s.within(f, plane)
		if (plane+1)*f.Block > f.C {
			clear(data)
			continue
		}
		if s.top == 0 {
			clear(data[:f.Row])
			data = data[f.Row:]
		}
		for range s.bottom - s.top {
			clear(data[:f.Block])
			clear(data[f.Row-f.Block : f.Row])
			data = data[f.Row:]
		}
		clear(data)
	}
}

// copyChannels copies channels between maps of the same height and width: by whole planes where both sides have them,
// and elsewhere by as many channels of a pixel as lie side by side in both.
func (s strip) copyChannels(to, from features, toFirst, fromFirst, count int) {
	for done := 0; done < count; {
		dst, src := toFirst+done, fromFirst+done
		beside := min(count-done, to.Block-dst%to.Block, from.Block-src%from.Block)
		if beside == to.Block && beside == from.Block {
			copy(s.within(to, dst/beside), s.within(from, src/beside))
		} else {
			for h := s.top; h < s.bottom; h++ {
				copyBeside(to.data[to.Channel(s.n, dst, h, 0):], from.data[from.Channel(s.n, src, h, 0):],
					to.W, to.Block, from.Block, beside)
			}
		}
		done += beside
	}
}

// copyBeside copies fewer than Lanes channels of a row of pixels, which are toStep and fromStep floats apart.
func copyBeside(to, from []float32, pixels, toStep, fromStep, channels int) {
	at := 0
	if channels&8 != 0 {
		copyPixels[[8]float32](to, from, pixels, toStep, fromStep)
		at = 8
	}
	if channels&4 != 0 {
		copyPixels[[4]float32](to[at:], from[at:], pixels, toStep, fromStep)
		at += 4
	}
	if channels&2 != 0 {
		copyPixels[[2]float32](to[at:], from[at:], pixels, toStep, fromStep)
		at += 2
	}
	if channels&1 != 0 {
		copyPixels[[1]float32](to[at:], from[at:], pixels, toStep, fromStep)
	}
}

// copyPixels copies the channels of an array of a row of pixels.
func copyPixels[Channels [1]float32 | [2]float32 | [4]float32 | [8]float32 | [16]float32](
	to, from []float32, pixels, toStep, fromStep int,
) {
	var one Channels
	last := pixels - 1
	dst := unsafe.Pointer(&to[:last*toStep+len(one)][0])
	src := unsafe.Pointer(&from[:last*fromStep+len(one)][0])
	for {
		*(*Channels)(dst) = *(*Channels)(src)
		if last == 0 {
			return
		}
		dst, src = unsafe.Add(dst, 4*toStep), unsafe.Add(src, 4*fromStep)
		last--
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
