package conv

// Where the processor multiplies matrices of bfloat16 (AMX), convolutions with such products are direct, 1×1 and
// transposed ones too: that is faster than to filter minimally, and rounds the numbers of maps and weights themselves.

// groupLanes is the number of channels that are multiplied at once: two planes, the second of which may be missing.
const groupLanes = 2 * lanes

// tilePixels is the number of pixels of a tile, and tileFloats the size of a tile of sums.
const (
	tilePixels = 16
	tileFloats = tilePixels * lanes
)

// matrixArgs are the arguments of a product; the assembly depends on the order of the fields. Distances are in bytes.
type matrixArgs struct {
	x      *float32 // rounded input [groups][rows][pixels][32] under the first tap of the first pixel
	w      *float32 // packed weights [groups][tapRows][taps][blocks][16 pairs][16][2]
	z      *float32 // [blocks][pixels][16]
	addend *float32 // the same; nil for none
	// The last tile of the first run, which is elsewhere if it is the last of some rows.
	last, lastAddend *float32
	config           *tileConfig

	xGroup, xRow, zBlock, addendBlock, lastBlock, lastAddendBlock int

	groups, tapRows int
	count           int // runs of the multiplier's tiles
}

// roundArgs are the arguments of the kernels that round to bfloat16; the assembly depends on the order of the fields.
// Distances are in bytes.
type roundArgs struct {
	from, other *float32
	to          *float32
	order       *[groupLanes]uint16

	fromStep, toStep int
	count            int
}

// matrixGradArgs are the arguments of a weight gradient; the assembly depends on the order of the fields. Distances are
// in bytes.
type matrixGradArgs struct {
	x, dz, sums *float32 // x [16][pixels], dz [pairs of pixels][16][2], sums [taps][16 in][16 out]
	config      *tileConfig
	xStep       int    // from a channel of x to the next
	taps        [9]int // from dz to the pixels that a tap multiplies by the first pixels of x
	steps       int    // of 32 pixels
	add         int    // 0 to write the sums, 1 to add to them
}

// A matrixMultiplier multiplies runs of `tiles` tiles of pixels by the weights of some output blocks, with some taps in
// a row.
type matrixMultiplier struct {
	taps, blocks, tiles int
	run                 func(*matrixArgs)
}

// A matrixGradient computes the weight gradient of a pair of blocks for some taps.
type matrixGradient struct {
	taps int
	run  func(*matrixGradArgs)
}

// matrixKernels are the kernels of products of matrices of bfloat16.
type matrixKernels struct {
	multipliers []matrixMultiplier // of each number of taps and blocks, the fewest tiles first
	gradients   []matrixGradient
	// round stores pixels of two planes as pixels of 32 channels; other is nil for zeros.
	round func(*roundArgs)
	// interleave stores pairs of vectors of 16 numbers as [16][2].
	interleave func(*roundArgs)
	// pairs stores pairs of pixels that begin at even ones as [16][2], and toStep behind the first of these, pairs that
	// begin at odd ones, of which there is one less.
	pairs func(*roundArgs)
	// transpose stores blocks of 32 pixels as 32 numbers of each channel.
	transpose func(*roundArgs)
	// alternate copies two runs of pixels in turn, without rounding.
	alternate func(*roundArgs)
}

// tileConfig describes the tile registers: palette 1; for each register 64 bytes a row, and 16 rows.
type tileConfig [64]byte

var wholeTiles = func() (c tileConfig) {
	c[0] = 1
	for i := range 8 {
		c[16+2*i], c[48+i] = 64, tilePixels
	}
	return c
}()

// interleaved are the places in two vectors of 16 numbers from which interleave takes its numbers in turn.
var interleaved = func() (order [groupLanes]uint16) {
	for i := range lanes {
		order[2*i], order[2*i+1] = uint16(i), uint16(lanes+i)
	}
	return order
}()

// pixelBytes is the number of bytes of a pixel of a plane.
const pixelBytes = 4 * lanes
