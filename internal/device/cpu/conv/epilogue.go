package conv

import "unsafe"

// epilogueArgs are the arguments of the epilogue of some rows of one block of channels; the assembly depends on the
// order of the fields. A row's pixels are consecutive blocks of 16 or 8 floats; distances between rows are in bytes.
type epilogueArgs struct {
	z        *float32 // the convolution, in place: z += bias
	y        *float32 // max(low, min(high, z·scale + shift)) + residual, nil if not wanted; may be z
	bias     *float32 // 16 numbers
	scale    *float32 // 16 numbers
	shift    *float32 // 16 numbers
	low      *float32 // 16 numbers, nil without y
	high     *float32 // 16 numbers, nil without y
	residual *float32 // nil for none
	sums     *float64 // Σz and Σz², 16 numbers each, to add to; nil if not wanted

	rows, pixels            int
	zRow, yRow, residualRow int
}

// sumRun is the number of pixels whose statistics are summed in float32 before they are added in float64. The pixels'
// distances from one of them are summed, so that a mean far from zero costs no digits, in four sums used in turn.
const sumRun = 256

// portableEpilogue returns the epilogue in plain Go for pixels of `width` channels.
func portableEpilogue(width int) func(*epilogueArgs) {
	return func(a *epilogueArgs) { portableRows(a, width) }
}

func portableRows(a *epilogueArgs, width int) {
	bias, scale, shift := vector(a.bias, 0, width), vector(a.scale, 0, width), vector(a.shift, 0, width)
	var low, high []float32
	if a.y != nil {
		low, high = vector(a.low, 0, width), vector(a.high, 0, width)
	}
	var pivot [lanes]float32
	copy(pivot[:], vector(a.z, 0, width))
	for o, v := range bias {
		pivot[o] += v
	}
	var sum, square [4][lanes]float32
	for r := range a.rows {
		for p := range a.pixels {
			z := vector(offset(a.z, r*a.zRow), p*width, width)
			s, q := &sum[p%4], &square[p%4]
			for o, v := range z {
				v += bias[o]
				z[o] = v
				d := v - pivot[o]
				s[o] += d
				q[o] += d * d
			}
			if a.y == nil {
				continue
			}
			y := vector(offset(a.y, r*a.yRow), p*width, width)
			residual := zeros[:width]
			if a.residual != nil {
				residual = vector(offset(a.residual, r*a.residualRow), p*width, width) // may be y
			}
			for o, v := range z {
				y[o] = max(low[o], min(high[o], v*scale[o]+shift[o])) + residual[o]
			}
		}
	}
	if a.sums == nil {
		return
	}
	sums := (*[2][lanes]float64)(unsafe.Pointer(a.sums))
	n := float64(a.rows * a.pixels)
	for o := range width {
		d, p := float64(sum[0][o]+sum[1][o]+(sum[2][o]+sum[3][o])), float64(pivot[o])
		sums[0][o] += d + n*p
		sums[1][o] += float64(square[0][o]+square[1][o]+(square[2][o]+square[3][o])) + p*(2*d+n*p)
	}
}
