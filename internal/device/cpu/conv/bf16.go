package conv

import "math"

// Precision is what the products of the 3×3 convolutions between maps of at least 16 channels are computed from. Sums,
// transforms and everything else are float32.
type Precision int

const (
	// Float32 multiplies float32.
	Float32 Precision = iota
	// BFloat16 rounds both factors to bfloat16, the upper half of a float32.
	//
	// The factors are those of minimal filtering, which are rounded after their transforms. Products and sums are those
	// of the instruction VDPBF16PS; roundBF16 and dotBF16 define them for all processors, so that convolutions give the
	// same bits on all of them.
	//
	// With the kernels of isa.AMX, the factors are the numbers of maps and weights themselves, in 1×1 and transposed
	// convolutions too. Products and sums are those of the instruction TDPBF16PS, which adds in another order, so that
	// bits differ from those of other kernels.
	BFloat16
)

// smallest is the smallest normal float32.
const smallest = 0x1p-126

// flush returns x, or a zero of its sign if x is subnormal.
func flush(x float32) float32 {
	if bits := math.Float32bits(x); bits&0x7f800000 == 0 {
		return math.Float32frombits(bits & 0x80000000)
	}
	return x
}

// roundBF16 rounds to the nearest bfloat16, to the even one of two; subnormal numbers become zero. It is Intel's
// definition of VCVTNEPS2BF16.
func roundBF16(x float32) uint16 {
	bits := math.Float32bits(flush(x))
	if x != x {
		return uint16(bits>>16) | 0x40 // a quiet NaN
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// fromBF16 returns a bfloat16 as a float32; subnormal numbers become zero.
func fromBF16(b uint16) float32 { return flush(math.Float32frombits(uint32(b) << 16)) }

// dotBF16 adds two products to a sum: the second pair's first, each by a multiplication and addition that rounds once
// and flushes subnormal results. It is Intel's definition of VDPBF16PS.
func dotBF16(sum float32, x, y [2]uint16) float32 {
	sum = fmaBF16(flush(sum), fromBF16(x[1]), fromBF16(y[1]))
	return fmaBF16(sum, fromBF16(x[0]), fromBF16(y[0]))
}

// fmaBF16 returns sum + x·y. Unless it is too small or too large, the product of two bfloat16 is a float32.
func fmaBF16(sum, x, y float32) float32 {
	p := x * y
	if size := math.Abs(float64(p)); size < smallest || size > math.MaxFloat32 {
		return flush(fma32(x, y, sum))
	}
	return flush(sum + p)
}

// fma32 returns x·y + z, rounded once. The product is a float64; the sum is rounded to float64 so that its last bit is
// one unless it is exact, which makes the second rounding correct.
func fma32(x, y, z float32) float32 {
	a, b := float64(x)*float64(y), float64(z)
	s := a + b
	t := s - a
	if rest := (a - (s - t)) + (b - t); rest != 0 && rest == rest {
		if bits := math.Float64bits(s); bits&1 == 0 {
			if (rest > 0) == (s > 0) {
				bits++
			} else {
				bits--
			}
			s = math.Float64frombits(bits)
		}
	}
	return float32(s)
}
