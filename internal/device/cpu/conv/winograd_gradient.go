package conv

import "r2unet/internal/device/cpu/layout"

// The gradient of 3×3 weights is itself a convolution of x with dz, whose result has 3×3 numbers. Minimal filtering takes it apart
// into tiles of 4×4 of dz: dW = Aᵀ[Σ over tiles (GdGᵀ) ⊙ (BᵀxB)]A, with 36 products in place of 144. The points, and so the
// transform of x, are those of the convolution with tiles of 4×4.

// accumulateArgs is what the products of a pair of blocks read; the assembly knows the order of the fields. Distances are in bytes.
type accumulateArgs struct {
	v, d, sums           *float32 // transformed x and dz [positions][tiles][16]; sums [positions][16 in][16 out]
	vPosition, dPosition int
	positions, tiles     int
	add                  int // 0 to write the sums, 1 to add to them
}

// gradTransforms are the kernels of the weight gradient.
type gradTransforms struct {
	spread     func(*transformArgs)  // tiles of dz
	collect    func(*transformArgs)  // sums to vectors of 3×3 weights
	accumulate func(*accumulateArgs) // products
	addUp      func(*transformArgs)  // of partial sums
}

// A winogradGrad is the part of a GradWeight plan that computes by minimal filtering.
type winogradGrad struct {
	gradTransforms
	winograd  // tiles and the transform of x; it has no chunks
	dz, x     layout.Map
	parts     int // pieces: ranges of rows of tiles, counted through all samples
	step      int // rows of tiles at a time, or 1 where a row is cut
	width     int // columns of tiles at a time
	reduction []transformArgs
}

const (
	// pairFloats is the number of sums of a pair of blocks of channels.
	pairFloats = 36 * lanes * lanes
	// partialFloats is the number of partial sums that a plan may have, unless it has the fewest parts.
	partialFloats = 400_000
	// fewestParts lets that many workers share the work.
	fewestParts = 4
	// mostPairFloats is the number of sums of one part up to which they stay in a core's second-level cache.
	mostPairFloats = 16 * pairFloats
	// reduceParts is the number of pieces in which the sums of a pair are reduced.
	reduceParts = 4
)

// chooseGradMethod expects which method is the fastest for the weight gradient of a k×k convolution.
func chooseGradMethod(kern *kernels, dz, x layout.Map, k int) method {
	in, out := float64(x.Planes), float64(dz.Planes)
	if len(kern.multipliers) == 0 || k != 3 || x.C < lanes || dz.C < lanes || x.Planes*dz.Planes*pairFloats > mostPairFloats {
		return direct
	}
	tiles := float64((x.H + 3) / 4 * ((x.W + 3) / 4))
	if tiles*36*(1.25*in*out+0.45*in+0.4*out) < 10.5*float64(x.H*x.W)*in*out {
		return minimal4
	}
	return direct
}

// newWinogradGrad plans minimal filtering for the gradient of 3×3 weights between blocked maps.
func newWinogradGrad(k *kernels, dz, x layout.Map) *winogradGrad {
	w := &winogradGrad{gradTransforms: k.gradients, dz: dz, x: x}
	w.winograd = winograd{size: winograd4, transforms: k.transforms[winograd4], rows: (x.H + 3) / 4, cols: (x.W + 3) / 4}
	total := x.N * w.rows
	for w.parts = 1; w.parts < 32 && 2*w.parts <= total && (w.parts < fewestParts || 2*w.parts*w.sums() <= partialFloats); {
		w.parts *= 2
	}
	most := max(16, min(mostTiles, chunkFloats/(size16(winograd4)*(x.Planes+dz.Planes))))
	w.width = min(w.cols, most)
	rows := (total + w.parts - 1) / w.parts // of a part, in equal steps
	steps := (rows*w.width + most - 1) / most
	w.step = (rows + steps - 1) / steps
	w.capacity = w.step * w.width
	w.reduction = make([]transformArgs, x.Planes*dz.Planes*reduceParts)
	return w
}

// sums is the number of partial sums of a part: [planes of dz][planes of x][positions][16 in][16 out].
func (w *winogradGrad) sums() int { return w.x.Planes * w.dz.Planes * pairFloats }

// partialsSize is the number of floats for the sums of all parts, of their total, and for the weights that these make.
func (w *winogradGrad) partialsSize() int {
	return (w.parts+1)*w.sums() + w.x.Planes*w.dz.Planes*9*lanes*lanes
}

func (w *winogradGrad) scratch() int {
	return 36*(w.positionStride(w.x.Planes)+w.positionStride(w.dz.Planes)) + edgeFloats
}

// do makes the sums of one part.
func (w *winogradGrad) do(part int, a *GradArgs, worker *Worker) {
	vStride, dStride := w.positionStride(w.x.Planes), w.positionStride(w.dz.Planes)
	v, rest := worker.scratch[:36*vStride], worker.scratch[36*vStride:]
	d, edge := rest[:36*dStride], rest[len(rest)-edgeFloats:]
	total, add := w.x.N*w.rows, 0
	sums := a.Partials[part*w.sums():]
	for row, end := part*total/w.parts, (part+1)*total/w.parts; row < end; row += w.step {
		rows := min(w.step, end-row)
		for first := 0; first < w.cols; first += w.width {
			c := chunk{row, rows, first, min(w.cols, first+w.width)}
			width := c.last - c.first
			for r := range rows {
				n, tileRow := (row+r)/w.rows, (row+r)%w.rows
				w.input(&w.x, a.X, n, tileRow, c, v[r*width*lanes:], vStride, edge, worker)
				w.spreadRow(a.DZ, n, tileRow, c, d[r*width*lanes:], dStride, edge, worker)
			}
			for out := range w.dz.Planes {
				for in := range w.x.Planes {
					worker.products = accumulateArgs{
						v: &v[in*w.capacity*lanes], d: &d[out*w.capacity*lanes], sums: &sums[(out*w.x.Planes+in)*pairFloats],
						vPosition: 4 * vStride, dPosition: 4 * dStride, positions: 36, tiles: rows * width, add: add,
					}
					w.accumulate(&worker.products)
				}
			}
			add = 1
		}
	}
}

// spreadRow transforms a row of tiles of dz of all planes.
func (w *winogradGrad) spreadRow(dz []float32, n, row int, c chunk, to []float32, stride int, edge []float32, worker *Worker) {
	whole := 0
	if row*4+4 <= w.dz.H {
		whole = max(0, min(c.last, w.dz.W/4)-c.first)
	}
	t := &worker.transform
	for plane := range w.dz.Planes {
		to := to[plane*w.capacity*lanes:]
		*t = transformArgs{constants: &outputConstants[0], fromTile: 4 * 4 * lanes, toRow: 4 * stride, toTile: 4 * lanes}
		if whole > 0 {
			t.from, t.fromRow = &dz[w.dz.Pixel(n, plane, row*4, c.first*4)], 4*w.dz.Row
			t.to, t.count = &to[0], whole
			w.spread(t)
		}
		for col := c.first + whole; col < c.last; col++ {
			patch := edge[:16*lanes]
			clear(patch)
			width := min(4, w.dz.W-col*4) * lanes
			for r := range min(4, w.dz.H-row*4) {
				copy(patch[r*4*lanes:][:width], dz[w.dz.Pixel(n, plane, row*4+r, col*4):])
			}
			t.from, t.fromRow = &patch[0], 4*4*lanes
			t.to, t.count = &to[(col-c.first)*lanes], 1
			w.spread(t)
		}
	}
}

// reduce adds up a quarter of the input channels of a pair of blocks and makes their weights.
func (w *winogradGrad) reduce(g *GradWeight, piece int, dw, acc, partials []float32) {
	const channels = lanes / reduceParts
	pair, lane := piece/reduceParts, piece%reduceParts*channels
	from := pair*pairFloats + lane*lanes
	total := partials[w.parts*w.sums()+from:]
	for position := range 36 {
		copy(total[position*lanes*lanes:][:channels*lanes], partials[from+position*lanes*lanes:])
	}
	t := &w.reduction[piece]
	*t = transformArgs{to: &total[0], fromRow: 4 * lanes * lanes, toTile: 36, count: channels}
	for part := 1; part < w.parts; part++ {
		t.from = &partials[part*w.sums()+from]
		w.addUp(t)
	}
	weights := partials[(w.parts+1)*w.sums()+(pair*lanes+lane)*9*lanes:]
	*t = transformArgs{
		from: &total[0], to: &weights[0], constants: &weightConstants[winograd4][0],
		fromRow: 4 * lanes * lanes, fromTile: 4 * lanes, toTile: 4 * 9 * lanes, count: channels,
	}
	w.collect(t)
	out, in := pair/w.x.Planes*lanes, pair%w.x.Planes*lanes+lane
	for i := range min(channels, g.in-in) {
		for tap := range 9 {
			vector := (*[lanes]float32)(weights[(i*9+tap)*lanes:])
			to := out*g.order.out + (in+i)*g.order.in + tap
			for o := range min(lanes, g.out-out) {
				v := vector[o]
				if acc != nil {
					v += acc[to+o*g.order.out]
				}
				dw[to+o*g.order.out] = v
			}
		}
	}
}
