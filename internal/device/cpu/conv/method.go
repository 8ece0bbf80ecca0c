package conv

import "r2unet/internal/device/cpu/layout"

// A method is a way to compute a convolution.
type method int

const (
	direct   method = iota
	exact           // directly, with sums in float64
	minimal4        // minimal filtering in tiles of 4×4
	minimal3        // in tiles of 3×3
	minimal2        // in tiles of 2×2
	rounded4        // minimal filtering in tiles of 4×4 with products of bfloat16
	rounded2        // the same in tiles of 2×2
	matrices        // directly, by products of matrices of bfloat16
)

// needsExact reports whether a convolution between these maps is accumulated in float64: to logits, and between maps
// of 9 to 15 channels, which belong to small networks, whose results are compared digit by digit with those of other
// programs, and where a single pixel on the other side of a ReLU's kink is noticeable. A first layer, and one from or
// to 5 to 8 channels, has few products to add.
func needsExact(x, z layout.Map) bool {
	if x.Block == half || z.Block == half {
		return false
	}
	return z.C < lanes || x.C < lanes && x.Block == lanes
}

// chooseMethod predicts the fastest method of a precision for a k×k convolution between two maps.
func chooseMethod(kern *kernels, p Precision, x, z layout.Map, k int) method {
	if needsExact(x, z) {
		return exact
	}
	if canMultiply(kern, p, x, z) {
		return matrices
	}
	if p == BFloat16 && k == 3 && whole(x) && whole(z) {
		return chooseRounded(x.H, x.W)
	}
	if k != 3 || !canFilter(kern, x, z) {
		return direct
	}
	in, out := float64(x.Planes), float64(z.Planes)
	products := in * out * float64(x.Block) / lanes
	// Costs in units of a vector of sixteen or eight products; the constants are measured.
	best, cost := direct, float64(x.H*x.W)*(9.8*products+1)
	for _, m := range []method{minimal4, minimal3, minimal2} {
		if kern.of(x).transforms[m.size()].input == nil || kern.of(z).transforms[m.size()].output == nil {
			continue
		}
		n, side := float64(m.size().positions()), m.size().pixels()
		tiles := float64((x.H + side - 1) / side * ((x.W + side - 1) / side))
		product := 1.2
		if m.size().positions()*x.Planes*z.Planes*lanes*lanes > weightsInCache {
			chunk := min(mostTiles, max(12, chunkFloats/(size16(m.size())*(x.Planes+kern.blocks))))
			// Once per chunk, weights come from a more distant cache.
			product += 10 / min(float64(chunk), float64(x.N)*tiles)
		}
		if c := tiles * n * (product*products + 0.45*in + 0.4*out); c < cost {
			best, cost = m, c
		}
	}
	return best
}

// whole reports whether a map has blocks of sixteen channels, at least one of them full.
func whole(m layout.Map) bool { return m.Block == lanes && m.C >= lanes }

// canFilter reports whether there are kernels of minimal filtering with products of float32 between two maps.
func canFilter(kern *kernels, x, z layout.Map) bool {
	fits := func(m layout.Map) bool { return m.Block == half || whole(m) }
	return fits(x) && fits(z) && len(kern.of(x).multipliers) > 0 && len(kern.of(z).multipliers) > 0
}

// size returns the tile size of minimal filtering.
func (m method) size() winogradSize {
	switch m {
	case minimal4, rounded4:
		return winograd4
	case minimal3:
		return winograd3
	}
	return winograd2
}

// precision returns the precision of the products.
func (m method) precision() Precision {
	if m >= rounded4 {
		return BFloat16
	}
	return Float32
}

// chooseRounded chooses the size of tiles whose products are of bfloat16: by the shape alone, so that all processors
// choose the same.
func chooseRounded(h, w int) method {
	tiles := func(side int) int { return (h + side - 1) / side * ((w + side - 1) / side) }
	if 36*tiles(4) < 16*tiles(2) {
		return rounded4
	}
	return rounded2
}

// weightsInCache is the number of floats of transformed weights that fit into a core's second-level cache together
// with a chunk.
const weightsInCache = 300_000

// chooseGradMethod predicts the fastest method for the weight gradient of a k×k convolution.
func chooseGradMethod(kern *kernels, p Precision, dz, x layout.Map, k int) method {
	if canMultiply(kern, p, x, dz) {
		return matrices
	}
	if p == BFloat16 && k == 3 && x.C >= lanes && dz.C >= lanes {
		by := chooseRounded(x.H, x.W)
		if by == rounded4 && !splitsPay(by, dz, x) && rounded2.sums(dz, x) <= mostSums {
			return rounded2
		}
		return by
	}
	if len(kern.multipliers) == 0 || k != 3 || x.C < lanes || dz.C < lanes {
		return direct
	}
	in, out := float64(x.Planes), float64(dz.Planes)
	// Costs in units of sixteen products; the constants are measured.
	best, cost := direct, 10.5*float64(x.N*x.H*x.W)*in*out
	for _, m := range []method{minimal4, minimal3, minimal2} {
		w := newWinogradGrad(kern, m, dz, x)
		n, tiles := float64(m.size().positions()), float64(x.N*w.rows*w.cols)
		spread := 0.45*in*float64(ranges(dz.Planes, w.outs)) + 0.4*out*float64(ranges(x.Planes, w.ins))
		c := tiles*n*(1.25*in*out+spread) + 20*n*in*out*float64(w.parts)
		if c < cost && splitsPay(m, dz, x) {
			best, cost = m, c
		}
	}
	return best
}

// sums returns the number of sums of a weight gradient by minimal filtering.
func (m method) sums(dz, x layout.Map) int {
	return m.size().positions() * lanes * lanes * x.Planes * dz.Planes
}

// splitsPay reports whether a weight gradient by minimal filtering needs no split of its planes, or has so many planes
// or pixels that transforming them more than once pays.
func splitsPay(m method, dz, x layout.Map) bool {
	return m.sums(dz, x) <= mostSums || x.Planes*dz.Planes > splitPairs || x.N*x.H*x.W >= largeMaps
}

// upMethod returns the method of a transposed convolution or its data gradient.
func upMethod(kern *kernels, p Precision, x, z layout.Map) method {
	if needsExact(x, z) {
		return exact
	}
	if canMultiply(kern, p, x, z) {
		return matrices
	}
	return direct
}
