package conv

import (
	"fmt"

	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/cpu/layout"
)

// Epilogue is what a Forward plan does with the convolution z while it is in the cache:
//
//	z = W * X + Bias + Addend
//	Sums: Σz and Σz² of each channel
//	y = max(Low, min(High, z·Scale + Shift)) + Residual
type Epilogue struct {
	// Addend is the map that is added to z; the zero value means none. It may be the output's own memory.
	Addend layout.Map
	// Bias and Statistics request these steps.
	Bias, Statistics bool
	// Y is the map after the activation; the zero value means none. With Low 0 it is ReLU(norm(z)); norm(ReLU(z)) has
	// the shift as Low, or as High where the scale is negative.
	Y layout.Map
	// DropZ omits z; then Y is required.
	DropZ bool
	// Residual is the map that is added to y; the zero value means none. With DropZ, it may be y's own memory only if
	// Staged is set.
	Residual layout.Map
	// Staged keeps z in the worker's scratch memory until y is written; only with DropZ.
	Staged bool
}

// piecePixels is the minimum number of output pixels of a piece, so that starting it is cheap in comparison.
const piecePixels = 2304

// packedInCache is the number of floats of packed weights up to which a piece processes all output blocks: the
// weights then stay in a core's second-level cache from one piece to the next.
const packedInCache = 1 << 18

// A Forward is a plan of a convolution whose result is a feature map: a convolution, its data gradient (a convolution
// with transposed weights), the transposed convolution and its data gradient.
type Forward struct {
	kernels *kernels
	family  family
	x, z    layout.Map
	e       Epilogue
	pad     int // border pixels above and left of an input pixel
	scale   int // output rows per input row
	packing packing
	bundles []bundle
	rows    int // input rows of a piece
	strips  int // pieces of rows per sample
	each    int // bundles per piece

	winograd *winograd // instead of tiles, if it is faster
	matrix   *matrix   // instead of tiles, with products of bfloat16
	logits   bool      // the kernel of logits instead of tiles
}

// A bundle is a set of groups that together produce whole rows of one or more output blocks.
type bundle struct {
	first, blocks int // output blocks
	groups        []output
	multiplier    multiplier // of minimal filtering
}

// An output is where a group of tiles writes.
type output struct {
	group      int // of the packed weights
	row, pixel int // shift of a transposed convolution's tap
	covers     []cover
}

// NewForward plans the convolution of x with k×k weights, k = 1 or 3, zero padding k/2, into z.
func NewForward(set isa.Set, p Precision, x, z layout.Map, k int, e Epilogue) (*Forward, error) {
	order := weightOrder{out: x.C * k * k, in: k * k, row: k, col: 1}
	return newConv(set, x, z, k, e, order, chooseMethod(kernelsOf(set), p, x, z, k))
}

// NewGradData plans the data gradient of the same convolution: dx = acc + Wᵀ * dz. A zero acc means none; its memory
// may be dx's.
func NewGradData(set isa.Set, p Precision, dz, dx layout.Map, k int, acc layout.Map) (*Forward, error) {
	order := weightOrder{base: k*k - 1, out: k * k, in: dx.C * k * k, row: -k, col: -1}
	return newConv(set, dz, dx, k, Epilogue{Addend: acc}, order,
		chooseMethod(kernelsOf(set), p, dz, dx, k))
}

// newForward starts a plan with the kernels of a method.
func newForward(set isa.Set, x, z layout.Map, e Epilogue, by method) *Forward {
	k := kernelsOf(set)
	switch {
	case z.Block == half:
		k = k.half
	case by == exact && k.exact != nil:
		k = k.exact
	case z.C < half: // a map in planes, computed in copies of its rows
		k = k.half
	}
	return &Forward{kernels: k, x: x, z: z, e: e, scale: 1}
}

func newConv(set isa.Set, x, z layout.Map, k int, e Epilogue, order weightOrder, by method) (*Forward, error) {
	if k != 1 && k != 3 {
		return nil, fmt.Errorf("convolution of %d×%d: only 1×1 and 3×3 are supported", k, k)
	}
	if x.N != z.N || x.H != z.H || x.W != z.W {
		return nil, fmt.Errorf("convolution from %d×%d×%d to %d×%d×%d (samples, height, width)",
			x.N, x.H, x.W, z.N, z.H, z.W)
	}
	f := newForward(set, x, z, e, by)
	f.pad = k / 2
	switch {
	case x.Block > 1 && k == 3:
		f.family = conv3
	case x.Block > 1:
		f.family = conv1
	case k == 3:
		f.family = image3
	default:
		f.family = image1
	}
	f.packing = f.newPacking(k, k, order)
	switch {
	case by == matrices:
		f.useMatrices()
	case by >= minimal4:
		f.winograd = newWinograd(kernelsOf(set), by, x, z)
		side := f.winograd.size.pixels() + 2
		f.packing.tapRows, f.packing.taps = side, side
		if by.precision() == BFloat16 {
			f.packing.per = 2
		}
	}
	f.bundle()
	f.cut()
	f.logits = f.hasLogits()
	return f, nil
}

// NewUpForward plans the 2×2 transposed convolution with stride 2 of x [N, I, H, W] into y [N, O, 2H, 2W]; with bias,
// Args.Bias is added.
func NewUpForward(set isa.Set, p Precision, x, y layout.Map, bias bool) (*Forward, error) {
	if x.N != y.N || 2*x.H != y.H || 2*x.W != y.W {
		return nil, fmt.Errorf("2×2 transposed convolution from %d×%d×%d to %d×%d×%d (samples, height, width)",
			x.N, x.H, x.W, y.N, y.H, y.W)
	}
	by := upMethod(kernelsOf(set), p, x, y)
	f := newForward(set, x, y, Epilogue{Bias: bias}, by)
	f.family, f.scale = spread, 2
	size := f.kernels.blocks
	if x.Block == 1 {
		f.family, size = imageSpread, 1
	}
	f.packing = f.newPacking(1, 1, weightOrder{out: 4, in: 4 * y.C})
	if by == matrices {
		f.useMatrices()
	}
	for block := range blocksOf(y.C) {
		b := bundle{first: block, blocks: 1}
		for row := range 2 {
			for col := 0; col < 2; col += size {
				b.groups = append(b.groups, output{
					group: len(f.packing.groups), row: row, pixel: col,
					covers: f.kernels.covers(f.family, x.Block, size, x.W),
				})
				f.packing.add(weightGroup{first: block, blocks: size, base: 2*row + col, next: 1})
			}
		}
		f.bundles = append(f.bundles, b)
	}
	f.cut()
	return f, nil
}

// NewUpGradData plans the data gradient of the transposed convolution: dx = acc + W * dy with stride 2, dy
// [N, O, 2H, 2W], dx [N, I, H, W].
func NewUpGradData(set isa.Set, p Precision, dy, dx, acc layout.Map) (*Forward, error) {
	if dy.N != dx.N || 2*dx.H != dy.H || 2*dx.W != dy.W {
		return nil, fmt.Errorf(
			"gradient of a 2×2 transposed convolution from %d×%d×%d to %d×%d×%d (samples, height, width)",
			dy.N, dy.H, dy.W, dx.N, dx.H, dx.W)
	}
	by := upMethod(kernelsOf(set), p, dy, dx)
	f := newForward(set, dy, dx, Epilogue{Addend: acc}, by)
	f.family = gather
	if dy.Block == 1 {
		f.family = imageGather
	}
	f.packing = f.newPacking(2, 2, weightOrder{out: 4 * dy.C, in: 4, row: 2, col: 1})
	if by == matrices {
		f.useMatrices()
	}
	f.bundle()
	f.cut()
	return f, nil
}

// bundle combines as many output blocks as a tile takes.
func (f *Forward) bundle() {
	blocks, size := blocksOf(f.z.C), f.kernels.blocks
	if f.x.Block == 1 {
		size = 1
	}
	for first := 0; first < blocks; first += size {
		n := min(size, blocks-first)
		o := output{group: len(f.packing.groups), covers: f.kernels.covers(f.family, f.x.Block, n, f.z.W)}
		b := bundle{first: first, blocks: n, groups: []output{o}}
		if f.winograd != nil {
			p := Float32
			if f.winograd.form == rounded {
				p = BFloat16
			}
			b.multiplier = f.kernels.multiplier(p, f.winograd.in, n, f.winograd.capacity)
		}
		f.bundles = append(f.bundles, b)
		f.packing.add(weightGroup{first: first, blocks: n})
	}
}

// newPacking sizes the packing of weights with the given numbers of rows and columns of taps over the channels of x.
func (f *Forward) newPacking(rows, cols int, order weightOrder) packing {
	x := f.x
	p := packing{
		order: order, in: x.C, out: f.z.C, planes: x.Planes, tapRows: rows, lanes: x.Block, taps: cols,
		width: f.kernels.width, per: 1,
	}
	if x.Planes == 1 {
		p.lanes = min(x.Block, x.C)
	}
	return p
}

func blocksOf(channels int) int { return (channels + lanes - 1) / lanes }

// cut divides the work into pieces.
func (f *Forward) cut() {
	h := f.z.H / f.scale
	f.rows = min(h, (piecePixels/f.z.W/4+1)*4) // whole tiles of up to four rows
	f.strips = (h + f.rows - 1) / f.rows
	f.each = len(f.bundles)
	if f.winograd != nil {
		f.winograd.packs = make([]packMemory, len(f.packing.groups))
		return
	}
	if f.matrix != nil {
		f.matrix.packs = make([]matrixPack, len(f.packing.groups))
		return
	}
	if f.packing.size > packedInCache {
		f.each = 1
	}
}

// units returns the number of parts into which the map's pixels are divided.
func (f *Forward) units() int {
	if f.winograd != nil {
		return len(f.winograd.chunks)
	}
	return f.z.N * f.strips
}

// Pieces returns the number of pieces; each may run on any worker.
func (f *Forward) Pieces() int { return f.units() * (len(f.bundles) / f.each) }

// PiecesPerSample returns the number of pieces of a sample if pieces are sorted by sample; 0 if they are not, because
// the weights are too large for a cache and each part of them is applied to all samples in turn.
func (f *Forward) PiecesPerSample() int {
	switch {
	case f.each < len(f.bundles):
		return 0
	case f.winograd != nil:
		return f.winograd.perSample
	}
	return f.strips
}

// Rows returns the rows of the output that a piece of a sample computes, if pieces are sorted by sample: the first, and
// the one behind the last.
func (f *Forward) Rows(piece int) (first, end int) {
	if f.winograd != nil {
		c, side := f.winograd.chunks[piece], f.winograd.size.pixels()
		return c.row * side, min((c.row+c.rows)*side, f.z.H)
	}
	first = piece * f.rows * f.scale
	return first, min(first+f.rows*f.scale, f.z.H)
}

// PackedSize returns the number of floats of the packed weights.
func (f *Forward) PackedSize() int { return f.packing.size }

// PackPieces returns the number of pieces of the packing.
func (f *Forward) PackPieces() int { return len(f.packing.groups) }

// Pack reorders a piece of row-major weights for the plan.
func (f *Forward) Pack(piece int, packed, w []float32) {
	if f.winograd != nil {
		f.winograd.pack(&f.packing, piece, packed, w)
		return
	}
	if f.matrix != nil {
		f.matrix.pack(&f.packing, piece, packed, w)
		return
	}
	f.packing.pack(piece, packed, w)
}

// A PackKey is equal for plans that read the same packed weights, given the same weights.
type PackKey struct {
	order                                                      weightOrder
	in, out, planes, tapRows, lanes, taps, width, size, groups int
	per                                                        int
}

// PackKey returns the plan's key.
func (f *Forward) PackKey() PackKey {
	p := &f.packing
	return PackKey{p.order, p.in, p.out, p.planes, p.tapRows, p.lanes, p.taps, p.width, p.size, len(p.groups), p.per}
}

// ScratchSize returns the number of floats of a worker's scratch memory.
func (f *Forward) ScratchSize() int {
	if f.z.Block == 1 {
		return 3 * stageRows * f.z.W * lanes
	}
	size := f.staging()
	if f.e.Staged {
		size += f.kernels.blocks * f.stage().plane
	}
	return size
}

// SumsSize returns the number of float64 in Args.Sums.
func (f *Forward) SumsSize() int { return f.units() * blocksOf(f.z.C) * 2 * lanes }

// Statistics adds up Args.Sums in a fixed order: stats [2, C] are the mean and the biased variance of each channel of
// z.
func (f *Forward) Statistics(stats []float32, sums []float64) {
	blocks, count := blocksOf(f.z.C), float64(f.z.N*f.z.H*f.z.W)
	for c := range f.z.C {
		var sum, square float64
		for unit := range f.units() {
			at := (unit*blocks+c/lanes)*2*lanes + c%lanes
			sum += sums[at]
			square += sums[at+lanes]
		}
		mean := sum / count
		stats[c] = float32(mean)
		stats[f.z.C+c] = float32(max(0, square/count-mean*mean))
	}
}
