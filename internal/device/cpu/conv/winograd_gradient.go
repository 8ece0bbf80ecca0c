package conv

import "r2unet/internal/device/cpu/layout"

// The gradient of 3×3 weights is itself a convolution of x with dz, whose result has 3×3 numbers. Minimal filtering
// divides it into tiles of 4×4 or 2×2 of dz: dW = Aᵀ[Σ over tiles (GdGᵀ) ⊙ (BᵀxB)]A, with 36 products instead of 144,
// or 16 instead of 36. The points, and therefore the transform of x, are those of the convolution with tiles of that
// size.

// accumulateArgs are the arguments for the products of a pair of blocks; the assembly depends on the order of the
// fields. Distances are in bytes.
type accumulateArgs struct {
	v, d, sums           *float32 // transformed x and dz [positions][tiles][16]; sums [positions][16 in][16 out]
	vPosition, dPosition int
	positions, tiles     int
	add                  int // 0 to write the sums, 1 to add to them
}

// A winogradGrad is the part of a GradWeight plan that computes by minimal filtering.
type winogradGrad struct {
	winograd  // tiles and transforms, without chunks
	dz, x     layout.Map
	parts     int // ranges of rows of tiles, counted through all samples
	outs, ins int // planes of dz and x of a piece: all, or splitPlanes of many
	step      int // rows of tiles at a time, or 1 if a row is divided
	width     int // columns of tiles at a time
	reduction []transformArgs

	accumulate func(*accumulateArgs)
	addUp      func(*transformArgs)
}

const (
	// partialFloats bounds the number of partial sums of a plan with more than the fewest parts.
	partialFloats = 400_000
	// fewestParts is the number of workers that can always share the work.
	fewestParts = 4
	// mostSums is the number of sums of one part up to which its planes are at most halved. Those of 128×128 channels
	// in tiles of 3×3 are 409,600, and faster than fewer in tiles of 2×2, although few second-level caches hold them.
	mostSums = 420_000
	// halfSums is the number of sums of one part beyond which the planes of x and dz are halved: four parts of all
	// planes would write more sums than a second-level cache holds, and read them again to add them up.
	halfSums = 300_000
	// splitPlanes is the largest number of planes of x and dz of a piece of a plan with more sums: the best of 2 to 32
	// by measurement.
	splitPlanes = 8
	// splitPieces is the number of pieces that a plan with split planes has at least, given enough rows of tiles.
	splitPieces = 16
	// splitPairs is the number of pairs of planes beyond which splits are considered for maps of any size, and
	// largeMaps the number of pixels of a batch from which they are for any number of pairs.
	splitPairs = 64
	largeMaps  = 1 << 16
	// reduceParts is the number of pieces in which the sums of a pair are reduced.
	reduceParts = 4
)

// newWinogradGrad plans minimal filtering for the gradient of 3×3 weights between blocked maps.
func newWinogradGrad(k *kernels, by method, dz, x layout.Map) *winogradGrad {
	size := by.size()
	m := size.pixels()
	w := &winogradGrad{dz: dz, x: x, outs: dz.Planes, ins: x.Planes, accumulate: k.accumulate, addUp: k.addUp}
	w.winograd = winograd{
		size: size, transforms: k.transforms[size], rows: (x.H + m - 1) / m, cols: (x.W + m - 1) / m,
		in: lanes, out: lanes,
	}
	if by.precision() == BFloat16 {
		w.form, w.transforms = pairs, k.bf16.gradTransforms[size]
		w.accumulate, w.addUp = k.bf16.accumulate, k.bf16.addUp
	}
	total := x.N * w.rows
	fewest := fewestParts
	switch sums := w.sums(); {
	case sums > mostSums:
		w.outs, w.ins, fewest = min(splitPlanes, dz.Planes), min(splitPlanes, x.Planes), splitPieces
	case sums > halfSums:
		w.outs, w.ins = (dz.Planes+1)/2, (x.Planes+1)/2
	}
	more := func() bool {
		if w.splits() > 1 {
			return w.parts*w.splits() < fewest
		}
		return w.parts < fewestParts || 2*w.parts*w.sums() <= partialFloats
	}
	for w.parts = 1; w.parts < 32 && 2*w.parts <= total && more(); {
		w.parts *= 2
	}
	most := max(16, min(mostTiles, chunkFloats/(size16(size)*(w.ins+w.outs))))
	w.width = min(w.cols, most)
	rows := (total + w.parts - 1) / w.parts // of a part, in equal steps
	steps := (rows*w.width + most - 1) / most
	w.step = (rows + steps - 1) / steps
	w.capacity = w.step * w.width
	if w.form == pairs {
		w.capacity = (w.capacity + 1) / 2
	}
	w.reduction = make([]transformArgs, x.Planes*dz.Planes*reduceParts)
	return w
}

// pair returns the number of sums of a pair of blocks of channels.
func (w *winogradGrad) pair() int { return w.size.positions() * lanes * lanes }

// sums returns the number of partial sums of a part: [planes of dz][planes of x][positions][16 in][16 out].
func (w *winogradGrad) sums() int { return w.x.Planes * w.dz.Planes * w.pair() }

// splits returns the number of pairs of ranges of planes.
func (w *winogradGrad) splits() int { return ranges(w.dz.Planes, w.outs) * ranges(w.x.Planes, w.ins) }

// ranges returns the number of ranges of `each` planes, of which the last may have fewer.
func ranges(planes, each int) int { return (planes + each - 1) / each }

// pieces returns the number of pieces, each a part of a pair of ranges of planes.
func (w *winogradGrad) pieces() int { return w.parts * w.splits() }

// partialsSize returns the number of floats for the sums of all parts, their total, and the weights computed from it.
func (w *winogradGrad) partialsSize() int {
	return w.weightsAt() + w.x.Planes*w.dz.Planes*9*lanes*lanes
}

// weightsAt returns where the weights begin.
func (w *winogradGrad) weightsAt() int {
	if w.parts == 1 {
		return w.sums() // the sums are the total
	}
	return (w.parts + 1) * w.sums()
}

func (w *winogradGrad) scratch() int {
	return w.size.positions()*(w.positionStride(w.ins)+w.positionStride(w.outs)) + edgeFloats
}

// planesOf returns some planes of a map, and its data from the first of them.
func planesOf(m layout.Map, data []float32, first, count int) (layout.Map, []float32) {
	m.Planes = min(count, m.Planes-first)
	return m, data[first*m.Plane:]
}

// do computes the sums of one piece.
func (w *winogradGrad) do(piece int, a *GradArgs, worker *Worker) {
	part, split := piece%w.parts, piece/w.parts
	firstOut, firstIn := split/ranges(w.x.Planes, w.ins)*w.outs, split%ranges(w.x.Planes, w.ins)*w.ins
	x, xData := planesOf(w.x, a.X, firstIn, w.ins)
	dz, dzData := planesOf(w.dz, a.DZ, firstOut, w.outs)
	vStride, dStride := w.positionStride(w.ins), w.positionStride(w.outs)
	positions := w.size.positions()
	v, rest := worker.scratch[:positions*vStride], worker.scratch[positions*vStride:]
	d, edge := rest[:positions*dStride], rest[len(rest)-edgeFloats:]
	total, add := w.x.N*w.rows, 0
	sums := a.Partials[part*w.sums():]
	for row, end := part*total/w.parts, (part+1)*total/w.parts; row < end; row += w.step {
		rows := min(w.step, end-row)
		for first := 0; first < w.cols; first += w.width {
			c := chunk{row, rows, first, min(w.cols, first+w.width)}
			width := c.last - c.first
			for r := range rows {
				n, tileRow := (row+r)/w.rows, (row+r)%w.rows
				w.input(&x, xData, n, tileRow, c, v, r*width, vStride, edge, worker)
				w.spreadRow(&dz, dzData, n, tileRow, c, d, r*width, dStride, edge, worker)
			}
			tiles := rows * width
			if w.form == pairs {
				tiles = (tiles + 1) / 2
			}
			for out := range dz.Planes {
				for in := range x.Planes {
					worker.products = accumulateArgs{
						v: &v[in*w.capacity*lanes], d: &d[out*w.capacity*lanes],
						sums:      &sums[((firstOut+out)*w.x.Planes+firstIn+in)*w.pair()],
						vPosition: 4 * vStride, dPosition: 4 * dStride,
						positions: positions, tiles: tiles, add: add,
					}
					w.accumulate(&worker.products)
				}
			}
			add = 1
		}
	}
}

// spreadRow transforms a row of tiles of dz of all planes, of which the first is tile `first` of the chunk.
func (w *winogradGrad) spreadRow(
	dz *layout.Map, data []float32, n, row int, c chunk, to []float32, first, stride int, edge []float32,
	worker *Worker,
) {
	m := w.size.pixels()
	whole := 0
	if row*m+m <= dz.H {
		whole = max(0, min(c.last, dz.W/m)-c.first)
	}
	t := &worker.transform
	for plane := range dz.Planes {
		to := to[plane*w.capacity*lanes:]
		*t = transformArgs{
			constants: &outputConstants[w.size], fromTile: 4 * m * lanes, toRow: 4 * stride,
		}
		if whole > 0 {
			t.from, t.fromRow = &data[dz.Pixel(n, plane, row*m, c.first*m)], 4*dz.Row
			w.place(t, to, first)
			t.count = whole
			w.transforms.spread(t)
		}
		for col := c.first + whole; col < c.last; col++ {
			patch := edge[:m*m*lanes]
			clear(patch)
			width := min(m, dz.W-col*m) * lanes
			for r := range min(m, dz.H-row*m) {
				copy(patch[r*m*lanes:][:width], data[dz.Pixel(n, plane, row*m+r, col*m):])
			}
			t.from, t.fromRow = &patch[0], 4*m*lanes
			w.place(t, to, first+col-c.first)
			t.count = 1
			w.transforms.spread(t)
		}
	}
}

// reduce adds up a quarter of the input channels of a pair of blocks and computes their weights.
func (w *winogradGrad) reduce(g *GradWeight, piece int, dw, acc, partials []float32) {
	const channels = lanes / reduceParts
	pair, lane := piece/reduceParts, piece%reduceParts*channels
	from := pair*w.pair() + lane*lanes
	total := partials[from:] // of one part, or behind those of all parts
	t := &w.reduction[piece]
	if w.parts > 1 {
		total = partials[w.parts*w.sums()+from:]
		*t = transformArgs{to: &total[0], fromRow: 4 * lanes * lanes, toTile: w.size.positions(), count: channels}
		t.addend = &partials[from]
		for part := 1; part < w.parts; part++ {
			t.from = &partials[part*w.sums()+from]
			w.addUp(t)
			t.addend = t.to
		}
	}
	weights := partials[w.weightsAt()+(pair*lanes+lane)*9*lanes:]
	*t = transformArgs{
		from: &total[0], to: &weights[0], constants: &weightConstants[w.size],
		fromRow: 4 * lanes * lanes, fromTile: 4 * lanes, toTile: 4 * 9 * lanes, count: channels,
	}
	w.transforms.collect(t)
	out, in := pair/w.x.Planes*lanes, pair%w.x.Planes*lanes+lane
	count := 9 * min(channels, g.in-in) // consecutive numbers in the weights of one output channel
	if count <= 0 {
		return
	}
	for o := range min(lanes, g.out-out) {
		at := (out+o)*g.order.out + in*g.order.in
		to := dw[at:][:count]
		if acc == nil {
			for i := range to {
				to[i] = weights[i*lanes+o]
			}
			continue
		}
		for i, v := range acc[at:][:len(to)] {
			to[i] = v + weights[i*lanes+o]
		}
	}
}
