package cpu

import (
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
)

// pieceFloats is roughly how much of one map a piece of work covers: large enough to pay for its scheduling, small
// enough that all workers finish together and that all operands fit into a core's own cache.
const pieceFloats = 1 << 14

// chunks divides the maps of one shape into parts of planes and groups the parts of one sample into pieces. It
// depends on the shape alone.
type chunks struct {
	m         layout.Map
	rows      int // in a part; the last part of a plane may have fewer
	perPlane  int // parts
	perSample int // parts
	perPiece  int // parts; the last piece of a sample may have fewer
}

func split(m layout.Map) chunks {
	c := chunks{m: m}
	c.perPlane = min(m.H, (m.H*m.Row+pieceFloats-1)/pieceFloats)
	c.rows = (m.H + c.perPlane - 1) / c.perPlane
	c.perPlane = (m.H + c.rows - 1) / c.rows
	c.perSample = m.Planes * c.perPlane
	c.perPiece = min(c.perSample, max(1, pieceFloats/(c.rows*m.Row)))
	return c
}

func (c chunks) parts() int           { return c.m.N * c.perSample }
func (c chunks) piecesPerSample() int { return (c.perSample + c.perPiece - 1) / c.perPiece }
func (c chunks) pieces() int          { return c.m.N * c.piecesPerSample() }

// of returns the range of parts that a piece covers.
func (c chunks) of(piece int) (first, end int) {
	sample, rest := piece/c.piecesPerSample(), piece%c.piecesPerSample()
	first = sample*c.perSample + rest*c.perPiece
	return first, min(first+c.perPiece, (sample+1)*c.perSample)
}

// span returns the rows that a piece of a sample covers.
func (c chunks) span(piece int) (first, end int) {
	first, end = c.m.H, 0
	from, to := c.of(piece)
	for i := from; i < to; i++ {
		at := c.part(i)
		first, end = min(first, at.first), max(end, at.first+at.count)
	}
	return first, end
}

// A part is a range of rows of one plane of one sample.
type part struct {
	n, plane, first, count int
	last                   bool // these are the plane's last rows
	row                    int  // floats from one row to the next
	kernel.Rows
}

func (c chunks) part(i int) part {
	n, rest := i/c.perSample, i%c.perSample
	plane, chunk := rest/c.perPlane, rest%c.perPlane
	first := chunk * c.rows
	count := min(c.rows, c.m.H-first)
	return part{
		n, plane, first, count, chunk == c.perPlane-1, c.m.Row,
		kernel.Rows{Count: count, Pixels: c.m.W, Block: c.m.Block},
	}
}

// in returns the part's memory in f, from the left border of its first row; nil if f is absent.
func (p part) in(f features) []float32 {
	if f.data == nil {
		return nil
	}
	at := p.n*f.Sample + p.plane*f.Plane
	return f.data[at+(p.first+layout.Border)*p.row:][:p.count*p.row]
}

// out is in for a map that is written: it clears the border rows above and below that belong to the part.
func (p part) out(f features) []float32 {
	at := p.n*f.Sample + p.plane*f.Plane
	if f.bordered {
		return p.in(f)
	}
	if p.first == 0 {
		clear(f.data[at:][:p.row])
	}
	if p.last {
		clear(f.data[at+f.Plane-p.row:][:p.row])
	}
	return p.in(f)
}
