package conv

import "r2unet/internal/device/cpu/layout"

// stageRows is the largest number of output rows that are made at once: four, or two for each of four input rows.
const stageRows = 8

var (
	zeros [lanes]float32
)

// A strip is what a piece works on: rows of one sample.
type strip struct{ n, from, to int }

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
	s := strip{n: unit / f.strips, from: unit % f.strips * f.rows}
	s.to = min(s.from+f.rows, f.z.H/f.scale)
	for i := first; i < first+f.each; i++ {
		b := &f.bundles[i]
		f.clearSums(b, unit, a)
		for h := s.from; h < s.to; {
			rows := f.tiles(b, s.n, h, s.to, a, w)
			f.finish(b, unit, area{s.n, h * f.scale, (h + rows) * f.scale, 0, f.z.W}, a, w)
			h += rows
		}
	}
}

// A surface is the memory of rows of a map: where they lie, or a blocked copy where the map is not blocked.
type surface struct {
	data []float32
	m    layout.Map
	from int // the copy's first row
}

// pixel is the place of a pixel of a plane.
func (s *surface) pixel(n, plane, h, w int) int {
	if s.m.Block == lanes {
		return s.m.Pixel(n, plane, h, w)
	}
	return ((h-s.from)*s.m.W + w) * lanes
}

// row is the distance from one row to the next.
func (s *surface) row() int {
	if s.m.Block == lanes {
		return s.m.Row
	}
	return s.m.W * lanes
}

// surface gives access to output rows from `from` on of a map in blocks of 16 channels. Slot tells copies of the same time apart.
func (f *Forward) surface(data []float32, m layout.Map, from, slot int, w *Worker) surface {
	if m.Block == lanes || data == nil {
		return surface{data, m, 0}
	}
	size := stageRows * m.W * lanes
	return surface{w.scratch[slot*size:][:size], m, from}
}

// The slots of copies.
const (
	slotZ = iota
	slotAddend
	slotY
)

// target is where tiles are written: z, or y where z is not wanted.
func (f *Forward) target(a *Args, from int, w *Worker) surface {
	if f.e.DropZ {
		return f.surface(a.Y, f.e.Y, from, slotZ, w)
	}
	return f.surface(a.Z, f.z, from, slotZ, w)
}

// tiles computes the next rows of a bundle and returns how many input rows it took.
func (f *Forward) tiles(b *bundle, n, h, to int, a *Args, w *Worker) int {
	covers := b.groups[0].covers
	for covers[0].rows > to-h {
		covers = covers[1:]
	}
	rows := covers[0].rows
	level := len(b.groups[0].covers) - len(covers)

	t := &w.tile
	p := &f.packing
	t.xRow, t.xTile, t.xPlane = 4*f.x.Row, 4*f.x.Row*f.family.skip(), 4*f.x.Plane
	t.planes, t.lanes, t.tapRows = p.planes, p.lanes, p.tapRows
	skip, step, out := f.family.skip(), f.family.step(), f.family.out()
	x := f.x.Pixel(n, 0, h*skip-f.pad, -f.pad)

	target := f.target(a, h*f.scale, w)
	t.outRow = 4 * f.scale * target.row()
	var init surface
	if a.Addend != nil {
		init = f.surface(a.Addend, f.e.Addend, h*f.scale, slotAddend, w)
		gatherRows(&init, a.Addend, n, h*f.scale, rows*f.scale)
		t.initRow, t.initBlock = 4*f.scale*init.row(), 4*f.e.Addend.Plane
	}
	for i := range b.groups {
		g := &b.groups[i]
		from := target.pixel(n, b.first, h*f.scale+g.row, g.pixel)
		t.outBlock = 4 * g.block
		if f.scale == 1 {
			t.outBlock = 4 * target.m.Plane
		}
		for _, tile := range g.covers[level].tiles {
			t.x = &a.X[x+tile.col*skip*step]
			t.w = &a.W[p.groups[g.group].from]
			t.out = &target.data[from+tile.col*out]
			t.init = nil
			if a.Addend != nil {
				t.init = &init.data[init.pixel(n, b.first, h, tile.col)]
			}
			tile.kernel.run(t)
		}
	}
	return rows
}

// finish runs the epilogue over an area of a bundle and writes the border beside it.
func (f *Forward) finish(b *bundle, unit int, s area, a *Args, w *Worker) {
	n, h, rows := s.n, s.top, s.bottom-s.top
	target := f.target(a, h, w)
	y := f.surface(a.Y, f.e.Y, h, slotY, w)
	if f.e.DropZ {
		y = target
	}
	var residual surface
	if a.Residual != nil {
		residual = f.surface(a.Residual, f.e.Residual, h, slotAddend, w)
		gatherRows(&residual, a.Residual, n, h, rows)
	}
	if f.e.Bias || f.e.Statistics || a.Y != nil {
		for plane := b.first; plane < b.first+b.blocks; plane++ {
			e := &w.epilogue
			*e = epilogueArgs{bias: &zeros[0], scale: &zeros[0], shift: &zeros[0], zRow: 4 * target.row()}
			if f.e.Bias {
				e.bias = &a.Bias[plane*lanes]
			}
			if f.e.Statistics {
				e.sums = &a.Sums[(unit*blocksOf(f.z.C)+plane)*2*lanes]
			}
			if a.Y != nil {
				e.scale, e.shift, e.yRow = &a.Scale[plane*lanes], &a.Shift[plane*lanes], 4*y.row()
			}
			if a.Residual != nil {
				e.residualRow = 4 * residual.row()
			}
			// Runs of at most sumRun pixels: some rows, or a part of one.
			width := s.right - s.left
			e.rows = max(1, sumRun/width)
			for r := s.top; r < s.bottom; r += e.rows {
				e.rows = min(e.rows, s.bottom-r)
				for col := s.left; col < s.right; col += sumRun {
					e.pixels = min(sumRun, s.right-col)
					e.z = &target.data[target.pixel(n, plane, r, col)]
					if a.Y != nil {
						e.y = &y.data[y.pixel(n, plane, r, col)]
					}
					if a.Residual != nil {
						e.residual = &residual.data[residual.pixel(n, plane, r, col)]
					}
					f.kernels.epilogue(e)
				}
			}
		}
	}
	if !f.e.DropZ {
		scatterRows(&target, a.Z, n, h, rows)
		border(f.z, a.Z, b, s)
	}
	if a.Y != nil {
		scatterRows(&y, a.Y, n, h, rows)
		border(f.e.Y, a.Y, b, s)
	}
}

// clearSums makes the statistics of a piece zero.
func (f *Forward) clearSums(b *bundle, unit int, a *Args) {
	if f.e.Statistics {
		clear(a.Sums[(unit*blocksOf(f.z.C)+b.first)*2*lanes:][:b.blocks*2*lanes])
	}
}

// border writes the zero border beside an area of a bundle's planes, and above and below it at the map's edges.
func border(m layout.Map, data []float32, b *bundle, s area) {
	if s.left > 0 {
		return // the area at the left edge writes for the whole row
	}
	first, last := b.first, b.first+b.blocks
	if m.Block == 1 {
		first, last = 0, m.Planes
	}
	for plane := first; plane < last; plane++ {
		if s.top == 0 {
			clear(data[m.Pixel(s.n, plane, -1, -1):][:m.Row])
		}
		for r := s.top; r < s.bottom; r++ {
			row := data[m.Pixel(s.n, plane, r, -1):][:m.Row]
			clear(row[:m.Block])
			clear(row[m.Row-m.Block:])
		}
		if s.bottom == m.H {
			clear(data[m.Pixel(s.n, plane, m.H, -1):][:m.Row])
		}
	}
}

// gatherRows fills a blocked copy of rows.
func gatherRows(s *surface, from []float32, n, h, rows int) {
	if s.m.Block == lanes {
		return
	}
	clear(s.data[:rows*s.m.W*lanes])
	for r := range rows {
		for c := range s.m.C {
			src := from[s.m.Channel(n, c, h+r, 0):][:s.m.W]
			dst := s.data[r*s.m.W*lanes+c:]
			for i, v := range src {
				dst[i*lanes] = v
			}
		}
	}
}

// scatterRows writes a blocked copy of rows back.
func scatterRows(s *surface, to []float32, n, h, rows int) {
	if s.m.Block == lanes {
		return
	}
	for r := range rows {
		for c := range s.m.C {
			dst := to[s.m.Channel(n, c, h+r, 0):][:s.m.W]
			src := s.data[r*s.m.W*lanes+c:]
			for i := range dst {
				dst[i] = src[i*lanes]
			}
		}
	}
}
