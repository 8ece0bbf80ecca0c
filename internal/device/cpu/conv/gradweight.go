package conv

import (
	"fmt"

	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/cpu/layout"
)

// A gradFamily is one kind of weight gradient from the point of view of its kernel.
type gradFamily int

const (
	gradConv3  gradFamily = iota // 3 taps in a row, blocked input
	gradConv1                    // 1 tap, blocked input
	gradUp                       // transposed convolution: 2 taps in a row on the side of dz
	gradImage3                   // 3×3 taps of one channel stored as a plane
	gradImage1                   // 1 tap of one channel stored as a plane
	gradFamilies
)

// gradArgs are the arguments of a weight gradient's kernel; the assembly depends on the order of the fields.
// Distances are in bytes.
//
// A kernel computes sums[tapRow][tap][lane][16] += Σ x[lane]·dz[width] over rows and columns; images have one channel
// and no lane. With a width of 8, the other 8 sums stay.
type gradArgs struct {
	x, dz, sums    *float32
	xRow, dzRow    int // from one row of pixels to the next
	xTap, dzTap    int // from one row of taps to the next
	rows, cols     int
	lanes, tapRows int
}

// A gradKernel is the weight gradient between pixels of x that are step floats apart and those of dz of width channels.
type gradKernel struct {
	family      gradFamily
	step, width int
	run         func(*gradArgs)
}

// grad returns a kernel; there is one for every combination.
func (k *kernels) grad(f gradFamily, step, width int) func(*gradArgs) {
	for _, g := range k.grads {
		if g.family == f && g.step == step && g.width == width {
			return g.run
		}
	}
	panic("conv: no kernel for a weight gradient")
}

// GradArgs are the addresses for one run of a GradWeight plan.
type GradArgs struct {
	DZ, X    []float32 // maps, from the corner of their borders
	Partials []float32 // PartialsSize numbers
}

// gradPieces is the minimum number of pieces of a plan, given enough samples and rows.
const gradPieces = 32

// gradPixels is the number of pixels whose x and dz fit into a first-level cache together.
const gradPixels = 200

// togetherFloats is the number of partial sums that fit into a second-level cache together with the maps.
const togetherFloats = 1 << 15

// A GradWeight is a plan of a weight gradient. Its pieces write partial sums; afterwards Reduce adds these up.
type GradWeight struct {
	kernel         func(*gradArgs)
	family         gradFamily
	dz, x          layout.Map
	order          weightOrder
	out, in        int // channels
	outs, ins      int // blocks of them; an image has one block
	rowsOf, colsOf int // taps
	lanes          int
	pad, scale     int  // border pixels that taps reach; rows of dz per row of x
	rows, strips   int  // rows of x in a strip, strips of a sample
	parts          int  // pieces that share a pair of blocks
	together       bool // a piece processes all pairs while their maps are in the cache

	winograd *winogradGrad // instead of kernel, if it is faster
	matrix   *matrixGrad   // instead of kernel, with products of bfloat16
}

// NewGradWeight plans the weight gradient of the k×k convolution, k = 1 or 3, from x to a map of dz's shape.
func NewGradWeight(set isa.Set, p Precision, dz, x layout.Map, k int) (*GradWeight, error) {
	return newGradWeight(set, dz, x, k, chooseGradMethod(kernelsOf(set), p, dz, x, k))
}

func newGradWeight(set isa.Set, dz, x layout.Map, k int, by method) (*GradWeight, error) {
	if k != 1 && k != 3 {
		return nil, fmt.Errorf("weight gradient of %d×%d: only 1×1 and 3×3 are supported", k, k)
	}
	if x.N != dz.N || x.H != dz.H || x.W != dz.W {
		return nil, fmt.Errorf("weight gradient from %d×%d×%d and %d×%d×%d (samples, height, width)",
			x.N, x.H, x.W, dz.N, dz.H, dz.W)
	}
	g := &GradWeight{dz: dz, x: x, out: dz.C, in: x.C, rowsOf: k, colsOf: k, pad: k / 2, scale: 1}
	g.order = weightOrder{out: x.C * k * k, in: k * k, row: k, col: 1}
	switch {
	case x.Block == 1 && k == 3:
		g.family = gradImage3
	case x.Block == 1:
		g.family = gradImage1
	case k == 3:
		g.family = gradConv3
	default:
		g.family = gradConv1
	}
	g.cut(set)
	switch {
	case by == matrices:
		g.useMatrices(set)
	case by >= minimal4:
		g.winograd = newWinogradGrad(kernelsOf(set), by, dz, x)
	}
	return g, nil
}

// NewUpGradWeight plans the weight gradient of the 2×2 transposed convolution from x [N, I, H, W] to dy's shape
// [N, O, 2H, 2W].
func NewUpGradWeight(set isa.Set, p Precision, dy, x layout.Map) (*GradWeight, error) {
	if dy.N != x.N || 2*x.H != dy.H || 2*x.W != dy.W {
		return nil, fmt.Errorf(
			"weight gradient of a 2×2 transposed convolution from %d×%d×%d and %d×%d×%d (samples, height, width)",
			x.N, x.H, x.W, dy.N, dy.H, dy.W)
	}
	g := &GradWeight{dz: dy, x: x, family: gradUp, out: dy.C, in: x.C, rowsOf: 2, colsOf: 2, scale: 2}
	g.order = weightOrder{out: 4, in: 4 * dy.C, row: 2, col: 1}
	g.cut(set)
	if canMultiply(kernelsOf(set), p, x, dy) {
		g.useMatrices(set)
	}
	return g, nil
}

// useMatrices makes a plan compute by products of matrices.
func (g *GradWeight) useMatrices(set isa.Set) {
	g.matrix = newMatrixGrad(kernelsOf(set), g)
	g.parts = g.matrix.parts
}

// image reports whether the kernel takes x as planes of one channel.
func (g *GradWeight) image() bool { return g.family == gradImage3 || g.family == gradImage1 }

// cut divides the work into pieces.
func (g *GradWeight) cut(set isa.Set) {
	step, width := g.x.Block, lanes // maps in planes of one channel are copied to blocks of 16
	if g.dz.Block == half {
		width = half
	}
	if step == 1 && !g.image() {
		step = lanes
	}
	g.kernel = kernelsOf(set).grad(g.family, step, width)
	g.outs, g.ins, g.lanes = blocksOf(g.out), blocksOf(g.in), min(lanes, g.in)
	if g.image() {
		g.ins = 1
	}
	g.rows = min(g.x.H, max(1, gradPixels/(g.x.W*g.scale)))
	g.strips = (g.x.H + g.rows - 1) / g.rows
	pairs := g.outs * g.ins
	g.parts = min(gradPieces, g.x.N*g.strips)
	// With more sums than numbers in the maps, to write and add up sums would cost more than to read maps again.
	g.together = pairs*g.size() <= togetherFloats && g.parts*pairs*g.size() <= g.floats()
	if !g.together {
		g.parts = min((gradPieces+pairs-1)/pairs, g.parts)
	}
}

// floats returns the number of floats of both maps, without their borders.
func (g *GradWeight) floats() int {
	return g.x.N*g.x.C*g.x.H*g.x.W + g.dz.N*g.dz.C*g.dz.H*g.dz.W
}

// Pieces returns the number of pieces; each may run on any worker.
func (g *GradWeight) Pieces() int {
	if g.winograd != nil {
		return g.winograd.pieces()
	}
	if g.matrix != nil {
		return g.matrix.parts * g.matrix.splits()
	}
	if g.together {
		return g.parts
	}
	return g.outs * g.ins * g.parts
}

// PiecesPerSample returns the number of pieces of a sample if pieces are sorted by sample, and 0 if they are not.
func (g *GradWeight) PiecesPerSample() int {
	parts := 0
	switch {
	case g.winograd != nil && g.winograd.splits() == 1:
		parts = g.winograd.parts
	case g.winograd != nil:
	case g.matrix != nil:
		if g.matrix.splits() == 1 {
			parts = g.matrix.parts
		}
	case g.together:
		parts = g.parts
	}
	if parts%g.x.N != 0 {
		return 0
	}
	return parts / g.x.N
}

// Rows returns the rows of x that a piece of a sample reads, without the row above and the one below them, if pieces
// are sorted by sample: the first, and the one behind the last.
func (g *GradWeight) Rows(piece int) (first, end int) {
	strips, rows := g.strips, g.rows
	switch {
	case g.winograd != nil:
		strips, rows = g.winograd.rows, g.winograd.size.pixels()
	case g.matrix != nil:
		strips, rows = g.matrix.strips, g.matrix.rows
	}
	pieces := g.PiecesPerSample()
	return piece * strips / pieces * rows, min((piece+1)*strips/pieces*rows, g.x.H)
}

// size returns the number of floats of a piece's partial sums.
func (g *GradWeight) size() int {
	if g.image() {
		return g.in * g.rowsOf * g.colsOf * lanes
	}
	return g.rowsOf * g.colsOf * lanes * lanes
}

// PartialsSize returns the number of floats of GradArgs.Partials.
func (g *GradWeight) PartialsSize() int {
	if g.winograd != nil {
		return g.winograd.partialsSize()
	}
	if g.matrix != nil {
		return g.matrix.partialsSize()
	}
	return g.outs * g.ins * g.parts * g.size()
}

// ScratchSize returns the number of floats of a worker's scratch memory: blocked copies of rows that are stored as
// planes of one channel.
func (g *GradWeight) ScratchSize() int {
	if g.winograd != nil {
		return g.winograd.scratch()
	}
	if g.matrix != nil {
		return g.matrix.scratch()
	}
	size := 0
	if g.dz.Block == 1 {
		size += g.copyDZ()
	}
	if g.x.Block == 1 && !g.image() {
		size += g.rows * g.x.W * lanes
	}
	return size
}

func (g *GradWeight) copyDZ() int { return g.rows * g.scale * g.dz.W * lanes }

// Do runs a piece of the first stage.
func (g *GradWeight) Do(piece int, a *GradArgs, w *Worker) {
	if g.winograd != nil {
		g.winograd.do(piece, a, w)
		return
	}
	if g.matrix != nil {
		g.matrix.do(g, piece, a, w)
		return
	}
	pairs := g.outs * g.ins
	first, last, part := piece/g.parts, piece/g.parts+1, piece%g.parts
	if g.together {
		first, last = 0, pairs
	}
	for pair := first; pair < last; pair++ {
		clear(g.partial(pair, part, a.Partials))
	}
	units := g.x.N * g.strips
	for unit := part * units / g.parts; unit < (part+1)*units/g.parts; unit++ {
		h := unit % g.strips * g.rows
		for pair := first; pair < last; pair++ {
			g.strip(unit/g.strips, h, min(g.rows, g.x.H-h), pair/g.ins, pair%g.ins,
				g.partial(pair, part, a.Partials), a, w)
		}
	}
}

// partial returns the memory of one part's sums for a pair of blocks.
func (g *GradWeight) partial(pair, part int, partials []float32) []float32 {
	return partials[(pair*g.parts+part)*g.size():][:g.size()]
}

// strip adds the products of some rows of one sample.
func (g *GradWeight) strip(n, h, rows, out, in int, sums []float32, a *GradArgs, w *Worker) {
	t := &w.grad
	t.rows, t.cols, t.lanes, t.tapRows = rows, g.x.W, g.lanes, g.rowsOf
	scratch := w.scratch
	if g.dz.Block == 1 {
		gatherRows(&g.dz, a.DZ, &surface{data: scratch, step: lanes}, n, h*g.scale, rows*g.scale)
		t.dz, t.dzRow = &scratch[0], 4*g.dz.W*lanes
		scratch = scratch[g.copyDZ():]
	} else {
		t.dz, t.dzRow = &a.DZ[g.dz.Pixel(n, out, h*g.scale, 0)], 4*g.dz.Row
	}
	t.dzTap = 0
	if g.scale == 2 {
		t.dzTap = t.dzRow
		t.dzRow *= 2
	}
	if g.image() {
		t.xRow, t.xTap = 4*g.x.Row, 4*g.x.Row
		for c := range g.in {
			t.x = &a.X[g.x.Pixel(n, c, h-g.pad, -g.pad)]
			t.sums = &sums[c*g.rowsOf*g.colsOf*lanes]
			g.kernel(t)
		}
		return
	}
	if g.x.Block == 1 {
		gatherRows(&g.x, a.X, &surface{data: scratch, step: lanes}, n, h, rows)
		t.x, t.xRow = &scratch[0], 4*g.x.W*lanes
	} else {
		t.x, t.xRow = &a.X[g.x.Pixel(n, in, h-g.pad, -g.pad)], 4*g.x.Row
	}
	t.xTap = 0
	if g.scale == 1 {
		t.xTap = t.xRow
	}
	t.sums = &sums[0]
	g.kernel(t)
}

// ReducePieces returns the number of pieces of the second stage.
func (g *GradWeight) ReducePieces() int {
	if g.winograd != nil {
		return g.outs * g.ins * reduceParts
	}
	if g.matrix != nil {
		return g.outs * g.ins
	}
	return g.outs * g.ins * g.rowsOf * g.colsOf
}

// Reduce runs a piece of the second stage: dw = acc + the sum of the partial sums, in row-major order. A nil acc
// means none; it may be dw.
func (g *GradWeight) Reduce(piece int, dw, acc, partials []float32) {
	if g.winograd != nil {
		g.winograd.reduce(g, piece, dw, acc, partials)
		return
	}
	if g.matrix != nil {
		g.matrix.reduce(g, piece, dw, acc, partials)
		return
	}
	taps := g.rowsOf * g.colsOf
	pair, tap := piece/taps, piece%taps
	out, in := pair/g.ins*lanes, pair%g.ins*lanes
	lane, from := lanes, tap*lanes*lanes // from one channel of a tap to the next; offset of the first
	channels := min(lanes, g.in-in)
	if g.image() {
		lane, from = taps*lanes, tap*lanes
		channels = g.in
	}
	for i := range channels {
		var total [lanes]float32
		for part := range g.parts {
			for o, v := range (*[lanes]float32)(g.partial(pair, part, partials)[from+i*lane:]) {
				total[o] += v
			}
		}
		to := g.order.base + out*g.order.out + (in+i)*g.order.in + tap/g.colsOf*g.order.row + tap%g.colsOf*g.order.col
		for o := range min(lanes, g.out-out) {
			v := total[o]
			if acc != nil {
				v += acc[to+o*g.order.out]
			}
			dw[to+o*g.order.out] = v
		}
	}
}
