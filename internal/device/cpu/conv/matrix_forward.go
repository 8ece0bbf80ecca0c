package conv

import "r2unet/internal/device/cpu/layout"

// A matrix is the part of a Forward plan that computes by products of matrices.
//
// Rows of the result are computed with their borders as one run of pixels, 16 of them a tile of the sums. The pixels
// of the border are garbage until they are set to zero; the last tile, which may extend beyond the rows, is written
// elsewhere first. A transposed convolution computes a run for each of its taps, which alternate is the result.
//
// A group is what one product takes of the input: two planes, or pixels of two planes that a tap of a transposed
// convolution's data gradient reads. If there is one plane alone, each of its pixels is multiplied together with the
// pixel below it in a 3×3 convolution, so that two rows of taps take one product, and the third another one, in which
// weights of the first of the two are zero.
type matrix struct {
	kernels       *matrixKernels
	family        family
	groups        int             // of the input
	tapRows, taps int             // of a group
	below         bool            // whether a group is a plane and the same plane one row below
	row           int             // pixels of a row of the run, border included
	batch         int             // rows that are computed before their epilogue
	runs          [][][]matrixRun // for each number of blocks, and each number of rows up to batch
	packs         []matrixPack    // for each group of the packing
}

// matrixPixels is the number of pixels up to which rows are computed before the epilogue runs over them: more than with
// other kernels, because each call sets up the tiles.
const matrixPixels = 1024

// canMultiply reports whether convolutions between two maps are computed by products of matrices.
func canMultiply(k *kernels, p Precision, x, z layout.Map) bool {
	return p == BFloat16 && k.matrix != nil && whole(x) && whole(z)
}

// newMatrix plans a convolution of x whose runs are rows of `width` pixels.
func newMatrix(k *kernels, f family, x layout.Map, width, height int) *matrix {
	row := width + 2*layout.Border
	m := &matrix{
		kernels: k.matrix, family: f, groups: (x.Planes + 1) / 2, tapRows: 1, taps: 1, row: row,
		batch: min(height, max(1, matrixPixels/row)),
	}
	switch f {
	case conv3:
		m.tapRows, m.taps, m.below = 3, 3, x.Planes == 1
		if m.below {
			m.tapRows = 2
		}
	case gather:
		m.groups *= 4
	}
	for blocks := range k.blocks {
		var runs [][]matrixRun
		for rows := range m.batch {
			runs = append(runs, m.divide(blocks+1, (m.run(rows+1)+tilePixels-1)/tilePixels))
		}
		m.runs = append(m.runs, runs)
	}
	return m
}

// useMatrices makes a plan compute by products of matrices, before its bundles are made.
func (f *Forward) useMatrices() {
	f.matrix = newMatrix(f.kernels, f.family, f.x, f.z.W/f.scale, f.z.H/f.scale)
	p, m := &f.packing, f.matrix
	p.planes, p.lanes, p.tapRows, p.taps, p.per = m.groups, groupLanes, m.tapRows, m.taps, 2
}

// run returns the number of pixels of some rows, without the borders before and behind them.
func (m *matrix) run(rows int) int { return rows*m.row - 2*layout.Border }

// group returns the number of floats of a group of rounded rows. Tiles read the pixels behind the last ones.
func (m *matrix) group(rows int) int { return ((rows+2)*m.row + 2*tilePixels) * lanes }

// product returns the number of floats of a run for a tap of a transposed convolution, in whole tiles.
func (m *matrix) product() int { return (m.batch*m.row + tilePixels) * lanes }

// scratch returns the number of floats of a worker's scratch memory for pieces of some rows, without a stage: rounded
// rows, and a tile of each block or the runs of a transposed convolution's taps.
func (m *matrix) scratch(rows, blocks int) int {
	size := tileFloats
	if m.family == spread {
		size = m.product()
	}
	return m.groups*m.group(rows) + blocks*size
}

// do computes rows of a sample, counted in rows of the run.
func (m *matrix) do(f *Forward, n, from, to, unit int, a *Args, w *Worker) {
	group := m.group(f.rows)
	if m.family == gather {
		m.gather(&f.x, a.X, n, from, to, group, w)
	} else {
		m.round(&f.x, a.X, n, from, to, group, w)
	}
	for i := range f.bundles {
		b := &f.bundles[i]
		f.clearSums(b, unit, a)
		for h := from; h < to; h += m.batch {
			rows := min(m.batch, to-h)
			x := w.scratch[(h-from)*m.row*lanes:]
			if m.family == spread {
				m.spread(f, b, x, n, h, rows, a, w)
			} else {
				m.direct(f, b, x, n, h, rows, a, w)
			}
			f.finish(b, unit, area{n, h * f.scale, (h + rows) * f.scale, 0, f.z.W}, a, w)
		}
	}
}

// round rounds the planes of x for some rows of the run.
func (m *matrix) round(x *layout.Map, data []float32, n, from, to, group int, w *Worker) {
	first, count := x.Pixel(n, 0, from, 0), m.run(to-from)
	if m.family == conv3 {
		first, count = x.Pixel(n, 0, from-1, -1), (to-from+2)*m.row
	}
	for g := range m.groups {
		w.round = roundArgs{
			from: &data[first+2*g*x.Plane], to: &w.scratch[g*group], fromStep: pixelBytes, count: count,
		}
		switch {
		case m.below:
			w.round.other, w.round.count = &data[first+x.Row], count-m.row
		case 2*g+1 < x.Planes:
			w.round.other = &data[first+(2*g+1)*x.Plane]
		}
		m.kernels.round(&w.round)
	}
}

// gather rounds the pixels of dy that each tap of a transposed convolution's data gradient reads for some rows.
func (m *matrix) gather(dy *layout.Map, data []float32, n, from, to, group int, w *Worker) {
	planes := m.groups / 4
	for g := range m.groups {
		tap, plane := g/planes, g%planes*2
		for h := from; h < to; h++ {
			first := dy.Pixel(n, plane, 2*h+tap/2, tap%2)
			w.round = roundArgs{
				from: &data[first], to: &w.scratch[g*group+(h-from)*m.row*lanes],
				fromStep: 2 * pixelBytes, count: dy.W / 2,
			}
			if plane+1 < dy.Planes {
				w.round.other = &data[first+dy.Plane]
			}
			m.kernels.round(&w.round)
		}
	}
}

// direct computes some rows of a bundle, beginning with the addend.
func (m *matrix) direct(f *Forward, b *bundle, x []float32, n, h, rows int, a *Args, w *Worker) {
	target := f.target(b, a, n, h, 0, w)
	r := matrixRows{
		x: x, z: target.data[target.pixel(b.first, 0, 0):], zBlock: target.plane,
		last: w.scratch[m.groups*m.group(f.rows):][:b.blocks*tileFloats],
	}
	if a.Addend != nil {
		r.addend, r.addendBlock = a.Addend[f.e.Addend.Pixel(n, b.first, h, 0):], f.e.Addend.Plane
	}
	m.multiply(f, b.groups[0].group, b.blocks, rows, &r, a, w)
}

// spread computes some rows of a block of a transposed convolution: the taps of two columns in each of two rows.
func (m *matrix) spread(f *Forward, b *bundle, x []float32, n, h, rows int, a *Args, w *Worker) {
	products := w.scratch[m.groups*m.group(f.rows):]
	for _, g := range b.groups {
		run := matrixRows{x: x, z: products, zBlock: m.product()}
		m.multiply(f, g.group, f.packing.groups[g.group].blocks, rows, &run, a, w)
		for r := range rows {
			at := r * m.row * lanes
			w.round = roundArgs{
				from: &products[at], other: &products[m.product()+at],
				to: &a.Z[f.z.Pixel(n, b.first, 2*(h+r)+g.row, 0)], count: f.x.W,
			}
			m.kernels.alternate(&w.round)
		}
	}
}

// matrixRows are the places of a run: of the first tap of its first pixel, of its sums in each block, and of its last
// tile if that must not be written to z. Distances are in floats.
type matrixRows struct {
	x, z, addend, last  []float32
	zBlock, addendBlock int
}

// multiply computes the run of some rows.
func (m *matrix) multiply(f *Forward, group, blocks, rows int, r *matrixRows, a *Args, w *Worker) {
	t := &w.matrix
	*t = matrixArgs{
		w: &a.W[f.packing.groups[group].from], config: &wholeTiles,
		xGroup: 4 * m.group(f.rows), xRow: 4 * lanes * m.row, zBlock: 4 * r.zBlock, addendBlock: 4 * r.addendBlock,
		groups: m.groups, tapRows: m.tapRows,
	}
	left := m.run(rows) % tilePixels * lanes // of the last tile
	runs := m.runs[blocks-1][rows-1]
	done := 0
	for i, run := range runs {
		t.count, t.x, t.z = run.count, &r.x[done*tileFloats], &r.z[done*tileFloats]
		if r.addend != nil {
			t.addend = &r.addend[done*tileFloats]
		}
		at := (done + run.multiplier.tiles - 1) * tileFloats // the last tile of the first call
		done += run.count * run.multiplier.tiles
		if i < len(runs)-1 || left == 0 || r.last == nil {
			t.last, t.lastBlock = &r.z[at], t.zBlock
			if r.addend != nil {
				t.lastAddend, t.lastAddendBlock = &r.addend[at], t.addendBlock
			}
			run.multiplier.run(t)
			continue
		}
		t.last, t.lastBlock = &r.last[0], 4*tileFloats
		if r.addend != nil {
			t.lastAddend, t.lastAddendBlock = t.last, t.lastBlock
			for b := range blocks {
				copy(r.last[b*tileFloats:][:left], r.addend[b*r.addendBlock+at:])
			}
		}
		run.multiplier.run(t)
		for b := range blocks {
			copy(r.z[b*r.zBlock+at:][:left], r.last[b*tileFloats:])
		}
	}
}

// A matrixRun is tiles that one call of a multiplier computes.
type matrixRun struct {
	multiplier *matrixMultiplier
	count      int
}

// divide divides some tiles among as few calls of the multipliers as possible, of almost equal numbers of tiles. The
// last tiles are a call of their own.
func (m *matrix) divide(blocks, tiles int) []matrixRun {
	fitting := map[int]*matrixMultiplier{} // by numbers of tiles
	for i, k := range m.kernels.multipliers {
		if k.taps == m.taps && k.blocks == blocks {
			fitting[k.tiles] = &m.kernels.multipliers[i]
		}
	}
	n := (tiles + len(fitting) - 1) / len(fitting)
	larger := tiles % n
	var runs []matrixRun
	for _, r := range []matrixRun{
		{fitting[tiles/n+1], larger}, {fitting[tiles/n], n - larger - 1}, {fitting[tiles/n], 1},
	} {
		if r.count > 0 {
			runs = append(runs, r)
		}
	}
	return runs
}

// matrixPack is the memory for packing one group, apart from the weights.
type matrixPack struct {
	args    roundArgs
	vectors [2][9 * lanes]float32
}

// pack rounds the weights of one group of blocks to [groups][tapRows][taps][blocks][16 pairs][16][2].
func (m *matrix) pack(p *packing, group int, packed, weights []float32) {
	g, memory := p.groups[group], &m.packs[group]
	to := packed[g.from:]
	if m.family == conv3 {
		m.packNine(p, g, memory, to, weights)
		return
	}
	planes := m.groups
	if m.family == gather {
		planes /= 4
	}
	for s := range m.groups {
		tap, first := s/planes, s%planes*groupLanes
		for b := range g.blocks {
			block, base := g.first+b, g.base
			if g.next != 0 {
				block, base = g.first, g.base+b*g.next
			}
			for pair := range lanes {
				for i := range memory.vectors {
					p.vector(memory.vectors[i][:lanes], weights, block, first+2*pair+i, tap/2, tap%2, base)
				}
				memory.args = roundArgs{
					from: &memory.vectors[0][0], other: &memory.vectors[1][0],
					to: &to[(s*g.blocks+b)*tileFloats+pair*lanes], order: &interleaved, count: 1,
				}
				m.kernels.interleave(&memory.args)
			}
		}
	}
}

// packNine packs weights of 3×3.
func (m *matrix) packNine(p *packing, g weightGroup, memory *matrixPack, to, weights []float32) {
	row := 3 * g.blocks * tileFloats
	for pair := range (p.in + 1) / 2 {
		for b := range g.blocks {
			for i := range memory.vectors {
				p.nine(&memory.vectors[i], weights, g.first+b, 2*pair+i)
			}
			for u := range 3 {
				at := (pair/lanes*3+u)*row + b*tileFloats + pair%lanes*lanes
				if m.below && u > 0 {
					at += half*lanes - row
				}
				memory.args = roundArgs{
					from: &memory.vectors[0][3*u*lanes], other: &memory.vectors[1][3*u*lanes], to: &to[at],
					order: &interleaved, fromStep: 4 * lanes, toStep: 4 * g.blocks * tileFloats, count: 3,
				}
				m.kernels.interleave(&memory.args)
			}
		}
	}
	// Absent channels are zero, and so are the weights of the row above the last one.
	for tile := range p.planes * p.tapRows * 3 * g.blocks {
		pairs := to[tile*tileFloats:][:tileFloats]
		switch live := p.in - tile/(p.tapRows*3*g.blocks)*groupLanes; {
		case m.below && tile >= 3*g.blocks:
			clear(pairs[:half*lanes])
		case !m.below && live < groupLanes:
			clear(pairs[(live+1)/2*lanes:])
		}
	}
}
