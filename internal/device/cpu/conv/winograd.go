package conv

import "r2unet/internal/device/cpu/layout"

// Winograd's minimal filtering (Lavin and Gray 2015) computes tiles of m×m output pixels of a 3×3 convolution as Y =
// Aᵀ[(GgGᵀ) ⊙ (BᵀdB)]A from (m+2)×(m+2) input pixels: 36 products instead of 144 for m = 4, 25 instead of 81 for m = 3,
// and 16 instead of 36 for m = 2. At each position of ⊙ the sum over channels is a matrix product.
//
// For m = 4 the interpolation points are 0, ±3/4, ±3/2 and infinity instead of the usual 0, ±1, ±2. This halves the
// rounding error, which is then two to three times that of the direct convolution. For m = 3 they are 0, ±11/16, 2 and
// infinity, one of the best choices of sixteenths, with three quarters of that error. For m = 2 the error is that of
// the direct convolution.
type winogradSize int

const (
	winograd4 winogradSize = iota
	winograd3
	winograd2
	winogradSizes
)

// pixels returns the side of an output tile.
func (s winogradSize) pixels() int { return [...]int{4, 3, 2}[s] }

// positions returns the number of products of a tile and channel.
func (s winogradSize) positions() int { n := s.pixels() + 2; return n * n }

// The points of tiles of 4×4 are 0, ±pointA, ±pointB and infinity, those of tiles of 3×3 are 0, ±pointC, pointD and
// infinity.
const (
	pointA = 0.75
	pointB = 1.5
	pointC = 0.6875
	pointD = 2.0
)

// constants are the factors of a transform in the order on which the assembly depends, which may load all of them.
type constants [10]float32

// The constants of the transforms of inputs, of outputs and of weights. Those of weights are 1/N0 and (1, p, p²)/Np
// for each point p, once for a pair ±p that have the same Np.
var (
	inputConstants = [winogradSizes]constants{
		winograd4: {
			pointA, pointB, pointA * pointA, pointB * pointB,
			pointA * pointA * pointB * pointB, pointA*pointA + pointB*pointB,
		},
		winograd3: {pointC, pointD, pointC * pointC},
	}
	outputConstants = [winogradSizes]constants{
		winograd4: {
			pointA, pointB, pointA * pointA, pointB * pointB,
			pointA * pointA * pointA, pointB * pointB * pointB,
		},
		winograd3: {pointC, pointD, pointC * pointC, pointD * pointD},
	}
	weightConstants = [winogradSizes]constants{
		winograd4: {
			1 / (pointA * pointA * pointB * pointB),
			1 / normA, pointA / normA, pointA * pointA / normA,
			1 / normB, pointB / normB, pointB * pointB / normB,
		},
		winograd3: {
			1 / (pointC * pointC * pointD),
			1 / normC, pointC / normC, pointC * pointC / normC,
			1 / normMinusC, -pointC / normMinusC, pointC * pointC / normMinusC,
			1 / normD, pointD / normD, pointD * pointD / normD,
		},
		winograd2: {-1, 0.5, 0.5, 0.5},
	}
)

// The products of a point's distances from the other points.
const (
	normA      = 2 * pointA * pointA * (pointA*pointA - pointB*pointB)
	normB      = 2 * pointB * pointB * (pointB*pointB - pointA*pointA)
	normC      = 2 * pointC * pointC * (pointC - pointD)
	normMinusC = -2 * pointC * pointC * (pointC + pointD)
	normD      = pointD * (pointD*pointD - pointC*pointC)
)

// transformArgs are the arguments of a transform; the assembly depends on the order of the fields. Distances are in
// bytes. The output transform exchanges the roles that positions and pixel rows have in the input transform.
type transformArgs struct {
	from, to, addend *float32
	constants        *constants

	// Distances from one to the next; input: row of pixels, tile; output: position, tile.
	fromRow, fromTile int
	// Input: position, tile; output: row of pixels, tile.
	toRow, toTile int
	addendRow     int
	count         int // tiles
	odd           int // 1 if the first tile, or channel of weights, is the second of a pair of bfloat16
}

// transforms are the kernels of one tile size. Input and output process a run of tiles in a row, weights 16 output
// channels of one input channel.
type transforms struct {
	input, output, weights func(*transformArgs)
	spread, collect        func(*transformArgs) // of the weight gradient: tiles of dz; sums to 3×3 weights
}

// multiplyArgs are the arguments of a multiplier; the assembly depends on the order of the fields. Distances are in
// bytes.
type multiplyArgs struct {
	v, u, m           *float32
	vPlane, vPosition int
	mBlock, mPosition int
	planes, lanes     int
	positions         int
	tiles             int // in units of the multiplier's

	// Two places, from which this many bytes are prefetched meanwhile, the last first; then as many of the next row, as
	// long as there are rows.
	first, second           *float32
	ahead, length, rows     int
	firstPitch, secondPitch int // from row to row
}

// fetched is the number of bytes that a multiplier prefetches from a place at a time.
const fetched = 6 * 64

// prefetch sets what is prefetched: rows of so many floats from two places.
func (a *multiplyArgs) prefetch(first, second *float32, rows, floats, firstPitch, secondPitch int) {
	bytes := (4*floats + fetched - 1) / fetched * fetched
	a.first, a.second, a.rows, a.ahead, a.length = first, second, rows, bytes, bytes
	a.firstPitch, a.secondPitch = 4*firstPitch, 4*secondPitch
}

// A multiplier multiplies transformed tiles by the weights of some output blocks, a fixed number of tiles at a time.
type multiplier struct {
	step          int // floats from a transformed tile to the next
	blocks, tiles int
	run           func(*multiplyArgs)
}

// A winograd is the part of a Forward plan that computes by minimal filtering.
type winograd struct {
	size       winogradSize
	transforms transforms
	form       form // of transformed inputs
	in, out    int  // floats of a pixel of the maps
	rows, cols int  // tiles of a map
	capacity   int  // tiles of a chunk, rounded up to whole multiplications
	chunks     []chunk
	perSample  int          // chunks of a sample, 0 if some contain tiles of two samples
	packs      []packMemory // for each group
}

// A chunk is the work of a piece: some rows of tiles, counted through all samples, from one column of tiles to
// another.
type chunk struct{ row, rows, first, last int }

// packMemory is the memory for packing one group, apart from the weights.
type packMemory struct {
	args    transformArgs
	vectors [9 * lanes]float32
}

// chunkFloats is the size of transformed inputs and products that fit into a core's second-level cache.
const chunkFloats = 300_000

// mostTiles is the largest number of tiles of a chunk, unless a single row has up to widestRow; both hold for tiles of
// sixteen channels in and out, and grow as these become fewer.
const (
	mostTiles = 48
	widestRow = 72
)

// newWinograd plans minimal filtering for a 3×3 convolution of blocked maps.
func newWinograd(k *kernels, by method, x, z layout.Map) *winograd {
	size := by.size()
	m := size.pixels()
	to := k.of(z)
	w := &winograd{
		size: size, transforms: to.transforms[size], rows: (x.H + m - 1) / m, cols: (x.W + m - 1) / m,
		in: x.Block, out: z.Block,
	}
	w.transforms.input = k.of(x).transforms[size].input
	if by.precision() == BFloat16 {
		w.form, w.transforms = rounded, k.bf16.transforms[size]
	}
	blocks := min(to.blocks, blocksOf(z.C))
	quantum := 0
	for _, m := range to.products(by.precision()) {
		if m.step != w.in || m.blocks != blocks {
			continue
		}
		if quantum == 0 || m.tiles > quantum && w.rows*w.cols*x.N >= 4*m.tiles {
			quantum = m.tiles
		}
	}
	floats := x.Planes*w.in + blocks*w.out // of a tile at a position
	w.cut(x.N, quantum, min(max(mostTiles, mostTiles*2*lanes/floats), chunkFloats/(size.positions()*floats)))
	return w
}

// size16 returns the number of floats of a transformed tile of 16 channels.
func size16(s winogradSize) int { return s.positions() * lanes }

// cut divides the tiles of all samples into chunks of at most `most` tiles, in units of quantum if the tiles fill it.
func (w *winograd) cut(samples, quantum, most int) {
	if most >= mostTiles && w.cols <= most*widestRow/mostTiles {
		most = max(most, w.cols)
	}
	most = max(quantum, (most+quantum-1)/quantum*quantum)
	total := samples * w.rows
	if w.cols > most {
		parts := (w.cols + most - 1) / most
		width := ((w.cols+parts-1)/parts + quantum - 1) / quantum * quantum
		for row := range total {
			for first := 0; first < w.cols; first += width {
				w.chunks = append(w.chunks, chunk{row, 1, first, min(w.cols, first+width)})
			}
		}
		w.capacity, w.perSample = width, len(w.chunks)/samples
		return
	}
	rows, waste := 1, 0.0
	for r := 1; r <= max(1, min(most/w.cols, total/6)); r++ {
		if w.rows%r != 0 && w.rows*w.cols > 2*quantum {
			continue // with chunks of one sample, a sample can pass through several layers while it is in a cache
		}
		tiles := r * w.cols
		if filled := float64((tiles+quantum-1)/quantum*quantum) / float64(tiles); r == 1 || filled <= waste {
			rows, waste = r, filled
		}
	}
	for row := 0; row < total; row += rows {
		w.chunks = append(w.chunks, chunk{row, min(rows, total-row), 0, w.cols})
	}
	w.capacity = (rows*w.cols + quantum - 1) / quantum * quantum
	if w.rows%rows == 0 && rows <= w.rows {
		w.perSample = w.rows / rows
	}
}

// products returns the multipliers of a precision.
func (k *kernels) products(p Precision) []multiplier {
	if p == BFloat16 {
		return k.bf16.multipliers
	}
	return k.multipliers
}

// multiplier returns the kernel of a bundle whose number of tiles divides the given one, for transformed tiles of
// `step` floats.
func (k *kernels) multiplier(p Precision, step, blocks, tiles int) multiplier {
	var best multiplier
	for _, m := range k.products(p) {
		if m.step == step && m.blocks == blocks && tiles%m.tiles == 0 && m.tiles > best.tiles {
			best = m
		}
	}
	return best
}

// widest returns the largest number of columns of tiles of a chunk.
func (w *winograd) widest() int {
	widest := 0
	for _, c := range w.chunks {
		widest = max(widest, c.last-c.first)
	}
	return widest
}

// positionStride returns the number of floats from one position to the next in memory for the given number of planes
// of products, or of float32 or pairs of a gradient: a cache line more than they take, so that positions do not compete
// for the same ones.
func (w *winograd) positionStride(planes int) int { return planes*w.capacity*w.out + lanes }

// inputPlane returns the number of floats of a plane of transformed inputs at one position.
func (w *winograd) inputPlane() int {
	if w.form == rounded {
		return w.capacity * w.in / 2
	}
	return w.capacity * w.in
}

// inputStride is the positionStride of transformed inputs.
func (w *winograd) inputStride(planes int) int { return planes*w.inputPlane() + lanes }

// place sets where a transform stores a tile of a chunk in memory for a plane.
func (w *winograd) place(t *transformArgs, plane []float32, tile int) {
	t.odd = 0
	switch w.form {
	case floats:
		t.to, t.toTile = &plane[tile*w.in], 4*w.in
	case rounded:
		t.to, t.toTile = &plane[tile*lanes/2], 2*lanes
	case pairs:
		t.to, t.toTile, t.odd = &plane[tile/2*lanes], 4*lanes, tile%2
	}
}

// scratch returns the number of floats of a worker's scratch memory: transformed inputs, products, and copies of
// tiles at the lower and right edges.
func (w *winograd) scratch(planes, blocks int) int {
	return w.size.positions()*(w.inputStride(planes)+w.positionStride(blocks)) + edgeFloats
}

// edgeFloats is the size of an input tile and two output tiles that extend beyond the map.
const edgeFloats = (36 + 2*16) * lanes

// pack transforms the weights of one group to [positions][planes][lanes][blocks][16]; as bfloat16,
// to [positions][planes][pairs of lanes][blocks][16][2]. Blocks of 8 channels have 8 in place of 16.
func (w *winograd) pack(p *packing, group int, packed, weights []float32) {
	g := p.groups[group]
	memory := &w.packs[group]
	memory.args = transformArgs{
		from: &memory.vectors[0], constants: &weightConstants[w.size],
		toRow: 4 * p.planes * p.lanes / p.per * g.blocks * p.width, count: 1,
	}
	to := packed[g.from:]
	for plane := range p.planes {
		for lane := range p.lanes {
			for b := range g.blocks {
				p.nine(&memory.vectors, weights, g.first+b, plane*p.lanes+lane)
				memory.args.to = &to[((plane*p.lanes+lane)/p.per*g.blocks+b)*p.width]
				memory.args.odd = lane % p.per
				w.transforms.weights(&memory.args)
			}
		}
	}
}
