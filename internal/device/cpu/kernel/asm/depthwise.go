package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowsAround returns pointers to the row of x above the present one, to the row itself and to the row below.
func (s instructions) rowsAround(x, pixels reg.GPVirtual) (rows [3]reg.GPVirtual) {
	stride := build.GP64()
	build.LEAQ(operand.Mem{Base: pixels, Disp: 2}, stride)
	build.SHLQ(operand.Imm(s.pixelShift()), stride)
	rows[0] = x
	for i := 1; i < 3; i++ {
		rows[i] = build.GP64()
		build.MOVQ(rows[i-1], rows[i])
		build.ADDQ(stride, rows[i])
	}
	return rows
}

// tap returns the operand for the pixel of x under a tap of pixel i.
func (s instructions) tap(rows [3]reg.GPVirtual, tap, i int) operand.Mem {
	return s.at(memory(rows[tap/3]), i+tap%3-1, 0)
}

// depthwise computes the first register of each pixel: on AVX2 a call for each half of a pixel, because the weights of
// both would not fit into the registers.
func depthwise(s instructions) {
	for _, accumulate := range []bool{false, true} {
		field := s.function(named("depthwise", false, accumulate))
		y, pixels := field("out"), field("pixels")
		x := s.rowsAround(field("a"), pixels)
		streams := []stream{{y, 1}, {x[0], 1}, {x[1], 1}, {x[2], 1}}
		var acc reg.GPVirtual
		if accumulate {
			acc = field("b")
			streams = append(streams, stream{acc, 1})
		}
		numbers := field("numbers")
		var taps [9]reg.VecVirtual
		for i := range taps {
			taps[i] = s.load(s.number(numbers, i, 0))
		}
		bias, zero := s.load(s.number(numbers, len(taps), 0)), s.zero()
		edge := func() { build.VMOVUPS(zero, s.at(memory(y), 0, 0)) }
		s.each(field("rows"), pixels, streams, 4, edge, func(pixels int) {
			var sum [4]reg.VecVirtual
			for i := range pixels {
				sum[i] = s.vector()
				if accumulate {
					build.VADDPS(s.at(memory(acc), i, 0), bias, sum[i])
				} else {
					build.VMOVAPS(bias, sum[i])
				}
			}
			for t, w := range taps {
				for i := range pixels {
					build.VFMADD231PS(s.tap(x, t, i), w, sum[i])
				}
			}
			for i := range pixels {
				build.VMOVUPS(sum[i], s.at(memory(y), i, 0))
			}
		})
		finish()
	}
}

// depthwiseGrad computes the sums of the first register of each pixel, as depthwise does.
func depthwiseGrad(s instructions) {
	field := s.function("depthwiseGrad")
	pixels := field("pixels")
	x, dy := s.rowsAround(field("a"), pixels), field("b")
	var sums [9]reg.VecVirtual
	for i := range sums {
		sums[i] = s.zero()
	}
	s.each(field("rows"), pixels, []stream{{x[0], 1}, {x[1], 1}, {x[2], 1}, {dy, 1}}, 2, none, func(pixels int) {
		for i := range pixels {
			d := s.load(s.at(memory(dy), i, 0))
			for t := range sums {
				build.VFMADD231PS(s.tap(x, t, i), d, sums[t])
			}
		}
	})
	out := field("out")
	for i := range sums {
		build.VMOVUPS(sums[i], s.number(out, i, 0))
	}
	finish()
}
