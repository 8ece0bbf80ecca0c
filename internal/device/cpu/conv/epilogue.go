package conv

import "unsafe"

// epilogueArgs is what the epilogue of one row of one block of channels reads; the assembly knows the order of the
// fields. The row lies in blocks of 16 floats, one after the other.
type epilogueArgs struct {
	z        *float32 // the convolution, in place: z += bias
	y        *float32 // max(0, z·scale + shift) + residual, nil if not wanted; may be z
	bias     *float32 // 16 numbers
	scale    *float32 // 16 numbers
	shift    *float32 // 16 numbers
	residual *float32 // a row, nil for none
	sums     *float64 // Σz and Σz², 16 numbers each, to add to; nil if not wanted
	pixels   int
}

// sumRun is the number of pixels whose statistics are summed in float32 before they are added in float64. They are summed as
// distances from one of them, so that a mean far from zero costs no digits.
const sumRun = 64

// portableEpilogue is the epilogue in plain Go.
func portableEpilogue(a *epilogueArgs) {
	bias, scale, shift := vector(a.bias, 0), vector(a.scale, 0), vector(a.shift, 0)
	for first := 0; first < a.pixels; first += sumRun {
		var sum, square [lanes]float32 // of the distances from the first pixel of the run
		pivot := *vector(a.z, first*lanes)
		for o, v := range bias {
			pivot[o] += v
		}
		for p := first; p < min(first+sumRun, a.pixels); p++ {
			z := vector(a.z, p*lanes)
			for o, v := range z {
				v += bias[o]
				z[o] = v
				d := v - pivot[o]
				sum[o] += d
				square[o] += d * d
			}
			if a.y == nil {
				continue
			}
			y := vector(a.y, p*lanes)
			for o, v := range z {
				y[o] = max(0, v*scale[o]+shift[o])
			}
			if a.residual != nil {
				for o, v := range vector(a.residual, p*lanes) {
					y[o] += v
				}
			}
		}
		if a.sums != nil {
			sums := (*[2][lanes]float64)(unsafe.Pointer(a.sums))
			n := float64(min(sumRun, a.pixels-first))
			for o := range lanes {
				d, p := float64(sum[o]), float64(pivot[o])
				sums[0][o] += d + n*p
				sums[1][o] += float64(square[o]) + p*(2*d+n*p)
			}
		}
	}
}
