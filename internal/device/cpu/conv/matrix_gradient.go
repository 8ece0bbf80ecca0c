package conv

import "r2unet/internal/device/cpu/layout"

// A matrixGrad is the part of a GradWeight plan that computes by products of matrices: for each tap and pair of blocks,
// 16×16 sums over pixels of x·dz.
//
// One factor, x, is transposed to rows of pixels, one for each channel; the other, dz, is stored in pairs of pixels
// that meet neighbouring pixels of x. Pixels of x are those of whole rows, borders included, one after the other. A
// tap of a 3×3 convolution is a shift of dz by a number of pixels, even or odd: there is a copy of dz with pairs that
// begin at even pixels, and one with pairs that begin at odd ones. Where a shifted dz is outside of its rows, it is
// zero. For a transposed convolution there is a copy for each of its taps, of every second pixel in every second row.
type matrixGrad struct {
	kernels   *matrixKernels
	run       func(*matrixGradArgs)
	family    gradFamily
	dz, x     layout.Map
	outs, ins int // planes of dz and x of a piece
	parts     int // ranges of strips, counted through all samples
	rows      int // of x in a strip
	strips    int // of a sample
	halo      int // rows of x above and below those of a strip
	row       int // pixels of a row of x, border included
	strip     int // pixels of a strip with its halo, an even number
	each      int // strips that are multiplied at once
	pixels    int // of these, a multiple of stepPixels
	margin    int // zero pixels of dz before and behind these, an even number
	copies    int // of dz
	taps      []int
	addUp     func(*transformArgs)
	reduction []transformArgs // of each pair of planes
}

// stepPixels is the number of pixels of a row of a tile.
const stepPixels = 32

const (
	// gradChunk is the number of floats of the factors of some strips, which fit into a second-level cache of 2 MB.
	gradChunk = 350_000
	// mostPixels bounds the pixels of strips.
	mostPixels = 4096
)

func newMatrixGrad(k *kernels, g *GradWeight) *matrixGrad {
	x, dz := g.x, g.dz
	m := &matrixGrad{
		kernels: k.matrix, family: g.family, dz: dz, x: x, outs: dz.Planes, ins: x.Planes, row: x.W + 2*layout.Border,
		copies: 1, taps: make([]int, g.rowsOf*g.colsOf), addUp: k.bf16.addUp,
		reduction: make([]transformArgs, g.outs*g.ins),
	}
	for _, k := range k.matrix.gradients {
		if k.taps == len(m.taps) {
			m.run = k.run
		}
	}
	switch g.family {
	case gradConv3:
		m.halo, m.copies, m.margin = 1, 2, (m.row+3)/2*2
	case gradUp:
		m.copies = len(m.taps)
	}
	fewest := fewestParts
	if m.sums() > mostSums {
		m.outs, m.ins, fewest = min(splitPlanes, dz.Planes), min(splitPlanes, x.Planes), splitPieces
	}
	m.cut(fewest)
	for tap := range m.taps {
		switch shift := -(tap/3-1)*m.row - (tap%3 - 1); g.family {
		case gradConv3:
			m.taps[tap] = shift&1*m.copySize() + (shift-shift&1+m.margin)/2*lanes
		case gradUp:
			m.taps[tap] = tap * m.copySize()
		}
	}
	return m
}

// cut divides the pixels into strips and parts.
func (m *matrixGrad) cut(fewest int) {
	most := min(mostPixels, gradChunk/(lanes/2*(m.copies*m.outs+m.ins)))
	m.rows = min(m.x.H, max(1, most/m.row-2*m.halo))
	if m.family == gradUp && m.row%2 == 1 {
		m.rows = 1 // every row begins with an even pixel
	}
	m.strips = (m.x.H + m.rows - 1) / m.rows
	m.rows = (m.x.H + m.strips - 1) / m.strips // in equal strips
	m.strip = ((m.rows+2*m.halo)*m.row + 1) / 2 * 2
	total := m.x.N * m.strips
	for m.parts = 1; m.parts < gradPieces && 2*m.parts <= total; m.parts *= 2 {
		if m.splits()*m.parts >= fewest && (m.splits() > 1 || 2*m.parts*m.sums() > partialFloats) {
			break
		}
	}
	m.each = max(1, min(most/m.strip, (total+m.parts-1)/m.parts))
	m.pixels = (m.each*m.strip + stepPixels - 1) / stepPixels * stepPixels
}

// sums returns the number of sums of a part.
func (m *matrixGrad) sums() int { return m.x.Planes * m.dz.Planes * len(m.taps) * tileFloats }

// splits returns the number of pairs of ranges of planes.
func (m *matrixGrad) splits() int { return ranges(m.dz.Planes, m.outs) * ranges(m.x.Planes, m.ins) }

// transposed returns the numbers of bfloat16 from one channel of x to the next: a cache line more than they take, so
// that channels do not compete for the same lines.
func (m *matrixGrad) transposed() int { return m.pixels + stepPixels }

// planeX and copySize return the numbers of floats of a plane of x and of a copy of a plane of dz.
func (m *matrixGrad) planeX() int   { return lanes * m.transposed() / 2 }
func (m *matrixGrad) copySize() int { return (m.pixels + 2*m.margin) / 2 * lanes }

// scratch returns the number of floats of a worker's scratch memory.
func (m *matrixGrad) scratch() int {
	return m.ins*m.planeX() + m.outs*m.copies*m.copySize() + stepPixels*lanes
}

// partialsSize returns the number of floats for the sums of all parts and their total.
func (m *matrixGrad) partialsSize() int { return (m.parts + 1) * m.sums() }

// do computes the sums of one piece: a range of strips for a pair of ranges of planes.
func (m *matrixGrad) do(g *GradWeight, piece int, a *GradArgs, w *Worker) {
	part, split := piece%m.parts, piece/m.parts
	firstOut, firstIn := split/ranges(m.x.Planes, m.ins)*m.outs, split%ranges(m.x.Planes, m.ins)*m.ins
	outs, ins := min(m.outs, m.dz.Planes-firstOut), min(m.ins, m.x.Planes-firstIn)
	xs, rest := w.scratch[:m.ins*m.planeX()], w.scratch[m.ins*m.planeX():]
	dzs, edge := rest[:m.outs*m.copies*m.copySize()], rest[m.outs*m.copies*m.copySize():][:stepPixels*lanes]
	total := m.x.N * m.strips
	first, end := part*total/m.parts, (part+1)*total/m.parts
	for from := first; from < end; from += m.each {
		to := min(end, from+m.each)
		for in := range ins {
			m.transpose(a.X, firstIn+in, from, to, xs[in*m.planeX():][:m.planeX()], edge, w)
		}
		for out := range outs {
			dz := dzs[out*m.copies*m.copySize():][:m.copies*m.copySize()]
			if m.family == gradUp {
				m.gather(a.DZ, firstOut+out, from, to, dz, w)
			} else {
				m.pair(a.DZ, firstOut+out, from, to, dz, w)
			}
		}
		t := &w.gradient
		*t = matrixGradArgs{
			config: &wholeTiles, xStep: 2 * m.transposed(), steps: ((to-from)*m.strip + stepPixels - 1) / stepPixels,
		}
		for tap, at := range m.taps {
			t.taps[tap] = 4 * at
		}
		if from > first {
			t.add = 1
		}
		for out := range outs {
			for in := range ins {
				t.x, t.dz = &xs[in*m.planeX()], &dzs[out*m.copies*m.copySize()]
				t.sums = &g.partial((firstOut+out)*m.x.Planes+firstIn+in, part, a.Partials)[0]
				m.run(t)
			}
		}
	}
}

// rowsOf returns the sample of a strip, its first row and the number of its rows.
func (m *matrixGrad) rowsOf(strip int) (n, h, rows int) {
	h = strip % m.strips * m.rows
	return strip / m.strips, h, min(m.rows, m.x.H-h)
}

// transpose rounds a plane of x of some strips to rows of pixels.
func (m *matrixGrad) transpose(data []float32, plane, from, to int, x, edge []float32, w *Worker) {
	t := &w.round
	*t = roundArgs{order: &interleaved, toStep: 2 * m.transposed()}
	for strip := from; strip < to; strip++ {
		n, h, rows := m.rowsOf(strip)
		at := (strip - from) * m.strip
		source := data[m.x.Pixel(n, plane, h-m.halo, -1):]
		count := (rows + 2*m.halo) * m.row
		t.from, t.to, t.count = &source[0], offset(&x[0], 2*at), count/stepPixels
		if t.count > 0 {
			m.kernels.transpose(t)
		}
		// The rest of the last block, and zeros up to the next strip or the end.
		last, end := count/stepPixels*stepPixels, m.strip
		if strip+1 == to {
			end = m.transposed() - at
		}
		for ; last < end; last += stepPixels {
			live := max(0, min(stepPixels, count-last)) * lanes
			copy(edge[:live], source[min(last, count)*lanes:])
			clear(edge[live:])
			t.from, t.to, t.count = &edge[0], offset(&x[0], 2*min(at+last, m.transposed()-stepPixels)), 1
			m.kernels.transpose(t)
		}
	}
}

// pair rounds a plane of dz of some strips to pairs of pixels that begin at even ones, and to a copy whose pairs
// begin at odd ones, if there is one. Rows begin and end with a border's zero, and so do those before and behind
// them, so that pairs may take one pixel more, and odd pairs with such a pixel are zero.
func (m *matrixGrad) pair(data []float32, plane, from, to int, dz []float32, w *Worker) {
	even, odd := dz[:m.copySize()], dz[m.copySize():]
	t := &w.round
	*t = roundArgs{order: &interleaved, fromStep: 2 * pixelBytes, toStep: pixelBytes}
	kernel := m.kernels.interleave
	if m.copies == 2 {
		t.toStep, kernel = 4*m.copySize(), m.kernels.pairs
	}
	doneEven, doneOdd := 0, 0 // pairs
	for strip := from; strip < to; strip++ {
		n, h, rows := m.rowsOf(strip)
		at := m.margin + (strip-from)*m.strip + m.halo*m.row // the first pixel
		first, end := at/2, (at+rows*m.row+1)/2
		clear(even[doneEven*lanes : first*lanes])
		doneEven = end
		if m.copies == 2 {
			clear(odd[doneOdd*lanes : first*lanes])
			doneOdd = end - 1
		}
		pixel := m.dz.Pixel(n, plane, h, -1) - at%2*lanes
		t.from, t.other, t.to, t.count = &data[pixel], &data[pixel+lanes], &even[first*lanes], end-first
		kernel(t)
	}
	clear(even[doneEven*lanes:])
	clear(odd[doneOdd*lanes:])
}

// gather rounds the pixels of a plane of dy of some strips of x to pairs for each tap of a transposed convolution. A
// row of x begins and ends with its border, where pairs take numbers that are multiplied by its zeros. Strips follow
// each other without a gap: where there are several in a sample, there is one at once, or a strip is one row.
func (m *matrixGrad) gather(data []float32, plane, from, to int, dy []float32, w *Worker) {
	t := &w.round
	for tap := range m.taps {
		pairs := dy[tap*m.copySize():][:m.copySize()]
		*t = roundArgs{order: &interleaved, fromStep: 4 * pixelBytes, toStep: pixelBytes, count: (m.row + 1) / 2}
		done := 0
		for strip := from; strip < to; strip++ {
			n, h, rows := m.rowsOf(strip)
			for r := range rows {
				pixel := m.dz.Pixel(n, plane, 2*(h+r)+tap/2, tap%2-2)
				done = ((strip-from)*m.strip + r*m.row) / 2
				t.from, t.other, t.to = &data[pixel], &data[pixel+2*lanes], &pairs[done*lanes]
				m.kernels.interleave(t)
				done += t.count
			}
		}
		clear(pairs[done*lanes:])
	}
}

// reduce adds up the partial sums of a pair of blocks and stores them as weights.
func (m *matrixGrad) reduce(g *GradWeight, pair int, dw, acc, partials []float32) {
	taps := len(m.taps)
	sums := g.partial(pair, 0, partials)
	if m.parts > 1 {
		total := partials[m.parts*m.sums()+pair*g.size():][:g.size()]
		t := &m.reduction[pair]
		*t = transformArgs{to: &total[0], addend: &sums[0], toTile: 1, count: taps * lanes}
		for part := 1; part < m.parts; part++ {
			t.from = &g.partial(pair, part, partials)[0]
			m.addUp(t)
			t.addend = t.to
		}
		sums = total
	}
	out, in := pair/g.ins*lanes, pair%g.ins*lanes
	for o := range min(lanes, g.out-out) {
		for i := range min(lanes, g.in-in) {
			at := g.order.base + (out+o)*g.order.out + (in+i)*g.order.in
			var w [9]float32
			for tap := range taps {
				w[tap] = sums[tap*tileFloats+i*lanes+o]
			}
			if acc != nil {
				for tap, v := range acc[at:][:taps] {
					w[tap] += v
				}
			}
			copy(dw[at:][:taps], w[:])
		}
	}
}
