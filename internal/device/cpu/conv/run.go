package conv

import "r2unet/internal/device/cpu/layout"

// An area is a part of a sample's output: rows and columns.
type area struct{ n, top, bottom, left, right int }

// Do runs a piece.
func (f *Forward) Do(piece int, a *Args, w *Worker) {
	if f.winograd != nil {
		f.winograd.do(f, piece, a, w)
		return
	}
	first, unit := 0, piece
	if f.each < len(f.bundles) {
		first, unit = piece/f.units(), piece%f.units()
	}
	n, from := unit/f.strips, unit%f.strips*f.rows
	to := min(from+f.rows, f.z.H/f.scale)
	if f.matrix != nil {
		f.matrix.do(f, n, from, to, unit, a, w)
		return
	}
	if f.logits {
		f.doLogits(n, from, to, a, w)
		return
	}
	for i := first; i < first+f.each; i++ {
		b := &f.bundles[i]
		f.clearSums(b, unit, a)
		for h := from; h < to; {
			rows := f.tiles(b, n, h, to, a, w)
			f.finish(b, unit, area{n, h * f.scale, (h + rows) * f.scale, 0, f.z.W}, a, w)
			h += rows
		}
	}
}

// batchPixels is the number of output pixels up to which rows are computed before the epilogue runs over them.
const batchPixels = 256

// repeats returns how many times `rows` rows are computed at once, of `left` that remain. Statistics keep to single
// covers, whose sums are those of a run, and so do copies and staged rows, which have room for no more.
func (f *Forward) repeats(rows, left int) int {
	if f.e.Statistics || f.e.Staged || f.z.Block == 1 {
		return 1
	}
	return max(1, min(left/rows, batchPixels/(rows*f.scale*f.z.W)))
}

// tiles computes the next rows of a bundle and returns how many input rows they took.
func (f *Forward) tiles(b *bundle, n, h, to int, a *Args, w *Worker) int {
	level := 0
	for b.groups[0].covers[level].rows > to-h {
		level++
	}
	rows := b.groups[0].covers[level].rows
	repeats := f.repeats(rows, to-h)

	t := &w.tile
	p := &f.packing
	skip, step, width := f.family.skip(), f.x.Block, f.kernels.width
	out := f.family.out(width)
	t.xRow, t.xTile, t.xPlane = 4*f.x.Row, 4*f.x.Row*skip, 4*f.x.Plane
	t.planes, t.lanes, t.tapRows = p.planes, p.lanes, p.tapRows
	x := f.x.Pixel(n, 0, h*skip-f.pad, -f.pad)

	target := f.target(b, a, n, h*f.scale, 0, w)
	t.outRow = 4 * f.scale * target.row
	var init surface
	if a.Addend != nil {
		init = blocked(&f.e.Addend, a.Addend, n, h*f.scale, width, slotAddend, w)
		gatherRows(&f.e.Addend, a.Addend, &init, n, h*f.scale, rows*f.scale)
		t.initRow, t.initBlock = 4*f.scale*init.row, 4*init.plane
	}
	for i := range b.groups {
		g := &b.groups[i]
		from := target.pixel(b.first, g.row, g.pixel)
		t.outBlock = 4 * width // taps of a transposed convolution
		if f.scale == 1 {
			t.outBlock = 4 * target.plane
		}
		tiles := g.covers[level].tiles
		t.w = &a.W[p.groups[g.group].from]
		for k := range repeats {
			x, from := x+k*rows*skip*f.x.Row, from+k*rows*f.scale*target.row
			for j := range tiles {
				col := tiles[j].col
				t.x = &a.X[x+col*skip*step]
				t.out = &target.data[from+col*out]
				t.init = nil
				if a.Addend != nil {
					t.init = &init.data[init.pixel(b.first, k*rows*f.scale, col)]
				}
				tiles[j].kernel.run(t)
			}
		}
	}
	return repeats * rows
}

// finish runs the epilogue over an area of a bundle and writes the adjacent border.
func (f *Forward) finish(b *bundle, unit int, s area, a *Args, w *Worker) {
	target := f.target(b, a, s.n, s.top, s.left, w)
	y := target
	if a.Y != nil && (!f.e.DropZ || f.e.Staged) {
		y = blocked(&f.e.Y, a.Y, s.n, s.top, f.kernels.width, slotY, w)
	}
	if f.e.Bias || f.e.Statistics || a.Y != nil {
		f.epilogue(b, unit, s, &target, &y, a, w)
	}
	if !f.e.DropZ {
		scatterRows(&f.z, a.Z, &target, s.n, s.top, s.bottom-s.top)
		border(&f.z, a.Z, b, s)
	}
	if a.Y != nil {
		scatterRows(&f.e.Y, a.Y, &y, s.n, s.top, s.bottom-s.top)
		border(&f.e.Y, a.Y, b, s)
	}
}

// epilogue adds the bias, accumulates statistics and applies the activation in an area of a bundle.
func (f *Forward) epilogue(b *bundle, unit int, s area, target, y *surface, a *Args, w *Worker) {
	e := &w.epilogue
	*e = epilogueArgs{bias: &zeros[0], scale: &zeros[0], shift: &zeros[0], zRow: 4 * target.row}
	var residual surface
	if a.Residual != nil {
		residual = blocked(&f.e.Residual, a.Residual, s.n, s.top, f.kernels.width, slotAddend, w)
		gatherRows(&f.e.Residual, a.Residual, &residual, s.n, s.top, s.bottom-s.top)
		e.residualRow = 4 * residual.row
	}
	width := s.right - s.left
	for plane := b.first; plane < b.first+b.blocks; plane++ {
		if f.e.Bias {
			e.bias = &a.Bias[plane*lanes]
		}
		if f.e.Statistics {
			e.sums = &a.Sums[(unit*blocksOf(f.z.C)+plane)*2*lanes]
		}
		if a.Y != nil {
			e.scale, e.shift, e.yRow = &a.Scale[plane*lanes], &a.Shift[plane*lanes], 4*y.row
			e.low, e.high = &a.Low[plane*lanes], &a.High[plane*lanes]
		}
		// Runs of at most sumRun pixels: some rows, or a part of one.
		e.rows = max(1, sumRun/width)
		for r := s.top; r < s.bottom; r += e.rows {
			e.rows = min(e.rows, s.bottom-r)
			for col := s.left; col < s.right; col += sumRun {
				e.pixels = min(sumRun, s.right-col)
				e.z = &target.data[target.pixel(plane, r-s.top, col)]
				if a.Y != nil {
					e.y = &y.data[y.pixel(plane, r-s.top, col)]
				}
				if a.Residual != nil {
					e.residual = &residual.data[residual.pixel(plane, r-s.top, col)]
				}
				f.kernels.epilogue(e)
			}
		}
	}
}

// zeros replaces an absent bias, and scale and shift where there is no y, which alone reads them and the bounds.
var zeros [lanes]float32

// clearSums sets the statistics of a piece to zero.
func (f *Forward) clearSums(b *bundle, unit int, a *Args) {
	if f.e.Statistics {
		clear(a.Sums[(unit*blocksOf(f.z.C)+b.first)*2*lanes:][:b.blocks*2*lanes])
	}
}

// border writes the zero border beside an area of a bundle's planes, and above and below it at the map's edges.
func border(m *layout.Map, data []float32, b *bundle, s area) {
	if s.left > 0 {
		return // the area at the left edge writes the border of the whole row
	}
	first, last := b.first, b.first+b.blocks
	if m.Block == 1 {
		first, last = 0, m.Planes
	}
	for plane := first; plane < last; plane++ {
		row := m.Pixel(s.n, plane, s.top, -1)
		if s.top == 0 {
			clear(data[row-m.Row:][:m.Row])
		}
		for range s.bottom - s.top {
			edge := data[row:][:m.Row]
			switch m.Block {
			case lanes:
				*(*[lanes]float32)(edge) = [lanes]float32{}
				*(*[lanes]float32)(edge[m.Row-lanes:]) = [lanes]float32{}
			case half:
				*(*[half]float32)(edge) = [half]float32{}
				*(*[half]float32)(edge[m.Row-half:]) = [half]float32{}
			default:
				edge[0], edge[m.Row-1] = 0, 0
			}
			row += m.Row
		}
		if s.bottom == m.H {
			clear(data[row:][:m.Row])
		}
	}
}
