package conv

import "r2unet/internal/device/cpu/layout"

// stageRows is the largest number of output rows that are computed at once when maps are copied: four, or two for
// each of four input rows.
const stageRows = 8

// The slots of copies in a worker's scratch memory.
const (
	slotZ = iota
	slotAddend
	slotY
)

// A surface is rows of a sample in blocks: in the map itself, or in a copy if the map has planes of
// one channel.
type surface struct {
	data               []float32
	origin, row, plane int // the first row's first pixel in plane 0; floats to the next row and plane
	step               int // floats to the next pixel
}

// pixel returns the offset of a pixel of a plane; rows are counted from the surface's first.
func (s *surface) pixel(plane, h, w int) int { return s.origin + plane*s.plane + h*s.row + w*s.step }

// blocked returns a surface for the rows of a map from one row on; a copy has `width` channels a pixel.
func blocked(m *layout.Map, data []float32, n, row, width, slot int, w *Worker) surface {
	if m.Block > 1 {
		return surface{data, n*m.Sample + (row+layout.Border)*m.Row + layout.Border*m.Block, m.Row, m.Plane, m.Block}
	}
	size := stageRows * m.W * lanes
	return surface{w.scratch[slot*size:][:size], 0, m.W * width, 0, width}
}

// target returns the surface to which tiles of a bundle are written: z, or y if z is dropped, or memory of the worker
// if z is staged. Of that, only the columns of one piece exist, from `left` on.
func (f *Forward) target(b *bundle, a *Args, n, row, left int, w *Worker) surface {
	data, m := f.raw(a)
	if f.e.Staged && m.Block > 1 {
		s := f.stage()
		s.data = w.scratch[f.staging():]
		s.origin = -b.first*s.plane - left*s.step
		return s
	}
	return blocked(m, data, n, row, f.kernels.width, slotZ, w)
}

// stage returns the shape of a surface in a worker's memory for the rows of a bundle that are computed at once.
func (f *Forward) stage() surface {
	rows, pixels := stageRows, f.z.W
	switch {
	case f.matrix != nil:
		rows, pixels = f.matrix.batch, f.matrix.row
	case f.winograd != nil:
		rows, pixels = f.winograd.size.pixels(), min(pixels, f.winograd.widest()*f.winograd.size.pixels())
	}
	row := pixels * f.z.Block
	return surface{row: row, plane: rows * row, step: f.z.Block}
}

// staging is where that surface begins in a worker's scratch memory: behind what the method needs.
func (f *Forward) staging() int {
	switch {
	case f.matrix != nil:
		return f.matrix.scratch(f.rows, f.kernels.blocks)
	case f.winograd != nil:
		return f.winograd.scratch(f.x.Planes, f.kernels.blocks)
	}
	return 0
}

// gatherRows fills a surface that is a copy.
func gatherRows(m *layout.Map, from []float32, s *surface, n, row, rows int) {
	if m.Block > 1 {
		return
	}
	clear(s.data[:rows*m.W*s.step])
	for r := range rows {
		for c := range m.C {
			src := from[m.Channel(n, c, row+r, 0):][:m.W]
			dst := s.data[r*m.W*s.step+c:]
			for i, v := range src {
				dst[i*s.step] = v
			}
		}
	}
}

// scatterRows writes a surface that is a copy back.
func scatterRows(m *layout.Map, to []float32, s *surface, n, row, rows int) {
	if m.Block > 1 {
		return
	}
	for r := range rows {
		for c := range m.C {
			dst := to[m.Channel(n, c, row+r, 0):][:m.W]
			src := s.data[r*m.W*s.step+c:]
			for i := range dst {
				dst[i] = src[i*s.step]
			}
		}
	}
}
