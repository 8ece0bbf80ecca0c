package cpu

import (
	"fmt"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/kernel"
)

// resampling halves or doubles the sides of maps, one axis after the other: the two pixels of a doubled axis have the
// weight `near` in the pixel that they come from, and `far` in its neighbour on their side, or itself at the border.
type resampling struct{ near, far float32 }

var (
	repeated     = resampling{near: 1}               // nearest
	averaged     = resampling{near: 0.5}             // a quarter of a pixel in each axis' half
	interpolated = resampling{near: 0.75, far: 0.25} // bilinear between the centres of pixels
)

func upsampling(bilinear bool) resampling {
	if bilinear {
		return interpolated
	}
	return repeated
}

func (p *program) avgPool(c *calls.AvgPool)         { p.halve(c.X, nil, c.Y, averaged) }
func (p *program) avgPoolGrad(c *calls.AvgPoolGrad) { p.double(c.DY, c.Acc, c.DX, averaged) }
func (p *program) upsample(c *calls.Upsample)       { p.double(c.X, nil, c.Y, upsampling(c.Bilinear)) }

func (p *program) upsampleGrad(c *calls.UpsampleGrad) {
	p.halve(c.DY, c.Acc, c.DX, upsampling(c.Bilinear))
}

// rowSums adds up weighted rows of pixels; near and far are the weights of a resampling for every channel.
type rowSums struct {
	near, far kernel.Affine
	add       func(y, z, residual []float32, a *kernel.Affine, r kernel.Rows)
	one       kernel.Rows
}

func (p *program) rowSums(r resampling, f features) *rowSums {
	s := &rowSums{add: p.kernels.Activate, one: kernel.Rows{Count: 1, Pixels: f.W, Block: f.Block}}
	for lane := range kernel.Lanes {
		s.near.Scale[lane], s.far.Scale[lane] = r.near, r.far
		s.near.Below[lane], s.far.Below[lane] = 1, 1
	}
	s.near.Leaky, s.far.Leaky = true, true
	return s
}

// A paddedRow is a row of a worker's own memory with two pixels beside it on both sides.
type paddedRow struct {
	data  []float32
	block int
}

// paddedRows returns a number of rows of pixels in a worker's own memory.
func paddedRows(memory []float32, pixels, block, number int) (rows []paddedRow) {
	size := (pixels + 4) * block
	for i := range number {
		rows = append(rows, paddedRow{memory[i*size:][:size], block})
	}
	return rows
}

// shifted returns the row as kernels take it, from the left border, with pixel i + by in the place of pixel i.
func (r paddedRow) shifted(by int) []float32 { return r.data[(1+by)*r.block:] }

// pixel returns pixel i; −1 and the number of pixels are the border.
func (r paddedRow) pixel(i int) []float32 { return r.data[(i+2)*r.block:][:r.block] }

// double appends the task y = acc + x with doubled sides.
func (p *program) double(from, before, to *device.Tensor, r resampling) {
	x, acc, y := p.features(from), p.features(before), p.features(to)
	if p.err != nil {
		return
	}
	y = y.over(acc)
	cut, sums := split(x.Map), p.rowSums(r, x)
	p.needRows(3*(x.W+4)*x.Block + 2*y.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		rows := paddedRows(p.rowMemory[worker], x.W, x.Block, 3)
		wide := p.rowMemory[worker][3*(x.W+4)*x.Block:][:y.Row]
		clear(wide[:y.Block])
		clear(wide[y.Row-y.Block:])
		for i := first; i < end; i++ {
			small := cut.part(i)
			large := small.twice(y.Map)
			out, before := large.out(y), large.in(acc)
			for h := range large.count {
				row := small.first + h/2
				other := min(max(row+2*(h%2)-1, 0), x.H-1)
				sums.between(rows, small, x, row, other, r.far != 0)
				to := large.rowOf(out, h)
				if acc.present() {
					interleave(large.pixels(wide, 0), rows[1], rows[2])
					p.kernels.Add(to, wide, large.rowOf(before, h), large.one())
					continue
				}
				interleave(large.pixels(to, 0), rows[1], rows[2])
				large.clearBorder(out, h)
			}
		}
	}, regions(x, acc), regions(y))
}

// between sets rows[1] and rows[2] to the pixels of a row of a doubled map that come from the left and right halves of
// pixels, from two rows of a part's plane.
func (s *rowSums) between(rows []paddedRow, at part, x features, near, far int, mixes bool) {
	middle := rows[0]
	s.add(middle.shifted(0), at.rowAt(x, near), nil, &s.near, s.one)
	if mixes {
		s.add(middle.shifted(0), at.rowAt(x, far), middle.shifted(0), &s.far, s.one)
		copy(middle.pixel(-1), middle.pixel(0))
		copy(middle.pixel(s.one.Pixels), middle.pixel(s.one.Pixels-1))
	}
	for i, by := range [2]int{-1, 1} {
		half := rows[1+i].shifted(0)
		s.add(half, middle.shifted(0), nil, &s.near, s.one)
		if mixes {
			s.add(half, middle.shifted(by), half, &s.far, s.one)
		}
	}
}

// rowAt returns row h of the part's plane of f, border included.
func (p part) rowAt(f features, h int) []float32 {
	return f.data[f.Pixel(p.n, p.plane, h, 0)-f.Block:][:f.Row]
}

// interleave sets `to` to the pixels of two rows in turn.
func interleave(to []float32, even, odd paddedRow) {
	block := even.block
	for i := range len(to) / (2 * block) {
		copyPixel(to[2*i*block:], even.pixel(i))
		copyPixel(to[(2*i+1)*block:], odd.pixel(i))
	}
}

// copyPixel copies all channels of a pixel.
func copyPixel(to, from []float32) {
	switch len(from) {
	case kernel.Lanes:
		*(*[kernel.Lanes]float32)(to) = *(*[kernel.Lanes]float32)(from)
	case kernel.Half:
		*(*[kernel.Half]float32)(to) = *(*[kernel.Half]float32)(from)
	default:
		copy(to, from)
	}
}

// halve appends the task y = acc + x with halved sides: the transpose of double.
func (p *program) halve(from, before, to *device.Tensor, r resampling) {
	x, acc, y := p.features(from), p.features(before), p.features(to)
	if p.err == nil && (x.H != 2*y.H || x.W != 2*y.W) {
		p.fail(fmt.Errorf("%v is not twice as large as %v", from, to))
	}
	if p.err != nil {
		return
	}
	y = y.over(acc)
	cut, wide, narrow := split(y.Map), p.rowSums(r, x), p.rowSums(r, y)
	p.needRows((x.W+4)*x.Block + 2*(y.W+4)*y.Block)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		memory := p.rowMemory[worker]
		middle := paddedRows(memory, x.W, x.Block, 1)[0]
		halves := paddedRows(memory[(x.W+4)*x.Block:], y.W, y.Block, 2)
		even, odd := halves[0], halves[1]
		for i := first; i < end; i++ {
			at := cut.part(i)
			out, before := at.out(y), at.in(acc)
			for h := range at.count {
				row := 2 * (at.first + h)
				sum := middle.shifted(0)
				wide.add(sum, at.rowAt(x, row), nil, &wide.near, wide.one)
				wide.add(sum, at.rowAt(x, row+1), sum, &wide.near, wide.one)
				if r.far != 0 {
					wide.add(sum, at.rowAt(x, max(row-1, 0)), sum, &wide.far, wide.one)
					wide.add(sum, at.rowAt(x, min(row+2, x.H-1)), sum, &wide.far, wide.one)
				}
				for i := range y.W {
					copyPixel(even.pixel(i), middle.pixel(2*i))
					copyPixel(odd.pixel(i), middle.pixel(2*i+1))
				}
				to := at.rowOf(out, h)
				narrow.add(to, even.shifted(0), at.rowOf(before, h), &narrow.near, narrow.one)
				narrow.add(to, odd.shifted(0), to, &narrow.near, narrow.one)
				if r.far != 0 {
					copyPixel(odd.pixel(-1), even.pixel(0))
					copyPixel(even.pixel(y.W), odd.pixel(y.W-1))
					narrow.add(to, odd.shifted(-1), to, &narrow.far, narrow.one)
					narrow.add(to, even.shifted(1), to, &narrow.far, narrow.one)
				}
			}
		}
	}, regions(x, acc), regions(y))
}

func (p *program) unpoolGrad(c *calls.UnpoolGrad) {
	x, dy, acc, dv := p.features(c.X), p.features(c.DY), p.features(c.Acc), p.features(c.DV)
	if p.err == nil && (x.H != 2*dv.H || x.W != 2*dv.W) {
		p.fail(fmt.Errorf("%v is not twice as large as %v", c.X, c.DV))
	}
	if p.err != nil {
		return
	}
	dv = dv.over(acc)
	cut := split(dv.Map)
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			large := at.twice(x.Map)
			out, before, in, d := at.out(dv), at.in(acc), large.in(x), large.in(dy)
			for h := range at.count {
				to := at.pixels(out, h)
				switch {
				case before == nil:
					clear(to)
				case &before[0] != &out[0]:
					copy(to, at.pixels(before, h))
				}
				addAtMaximum(to, large.pixels(in, 2*h), large.pixels(in, 2*h+1),
					large.pixels(d, 2*h), large.pixels(d, 2*h+1), at.Block)
				at.clearBorder(out, h)
			}
		}
	}, regions(x, dy, acc), regions(dv))
}

// addAtMaximum adds to each element of a row of pixels that of d at the first maximum of its window of x, whose rows
// are upper and lower.
func addAtMaximum(to, upper, lower, dUpper, dLower []float32, block int) {
	for i := 0; i < len(to); i += block {
		left, right := 2*i, 2*i+block
		a, b := upper[left:][:block], upper[right:][:block]
		c, d := lower[left:][:block], lower[right:][:block]
		da, db := dUpper[left:][:block], dUpper[right:][:block]
		dc, dd := dLower[left:][:block], dLower[right:][:block]
		sums := to[i:][:block]
		for lane, best := range a {
			value := da[lane]
			if b[lane] > best {
				best, value = b[lane], db[lane]
			}
			if c[lane] > best {
				best, value = c[lane], dc[lane]
			}
			if d[lane] > best {
				value = dd[lane]
			}
			sums[lane] += value
		}
	}
}
