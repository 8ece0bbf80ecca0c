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

// A surface is rows of a sample in blocks of 16 channels: in the map itself, or in a copy if the map has planes of
// one channel.
type surface struct {
	data               []float32
	origin, row, plane int // the first row's first pixel in plane 0; floats to the next row and plane
}

// pixel returns the offset of a pixel of a plane; rows are counted from the surface's first.
func (s *surface) pixel(plane, h, w int) int { return s.origin + plane*s.plane + h*s.row + w*lanes }

// blocked returns a surface for the rows of a map from one row on.
func blocked(m *layout.Map, data []float32, n, row, slot int, w *Worker) surface {
	if m.Block == lanes {
		return surface{data, n*m.Sample + (row+layout.Border)*m.Row + layout.Border*lanes, m.Row, m.Plane}
	}
	size := stageRows * m.W * lanes
	return surface{w.scratch[slot*size:][:size], 0, m.W * lanes, 0}
}

// target returns the surface to which tiles are written: z, or y if z is dropped.
func (f *Forward) target(a *Args, n, row int, w *Worker) surface {
	data, m := f.raw(a)
	return blocked(m, data, n, row, slotZ, w)
}

// gatherRows fills a surface that is a copy.
func gatherRows(m *layout.Map, from []float32, s *surface, n, row, rows int) {
	if m.Block == lanes {
		return
	}
	clear(s.data[:rows*m.W*lanes])
	for r := range rows {
		for c := range m.C {
			src := from[m.Channel(n, c, row+r, 0):][:m.W]
			dst := s.data[r*m.W*lanes+c:]
			for i, v := range src {
				dst[i*lanes] = v
			}
		}
	}
}

// scatterRows writes a surface that is a copy back.
func scatterRows(m *layout.Map, to []float32, s *surface, n, row, rows int) {
	if m.Block == lanes {
		return
	}
	for r := range rows {
		for c := range m.C {
			dst := to[m.Channel(n, c, row+r, 0):][:m.W]
			src := s.data[r*m.W*lanes+c:]
			for i := range dst {
				dst[i] = src[i*lanes]
			}
		}
	}
}
