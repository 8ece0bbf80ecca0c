package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lowerRow returns a pointer to the row below the one at p in a map of twice the resolution.
func (s instructions) lowerRow(p, pixels reg.GPVirtual) reg.GPVirtual {
	r := build.GP64()
	build.LEAQ(operand.Mem{Base: pixels, Index: pixels, Scale: 1, Disp: 2}, r)
	build.SHLQ(operand.Imm(s.pixelShift()), r)
	build.ADDQ(p, r)
	return r
}

// skipRow moves pointers into a map of twice the resolution past its next row, over which another pointer has moved.
func (s instructions) skipRow(pixels reg.GPVirtual, pointers ...reg.GPVirtual) {
	r := build.GP64()
	build.LEAQ(operand.Mem{Base: pixels, Index: pixels, Scale: 1, Disp: 2}, r)
	build.SHLQ(operand.Imm(s.pixelShift()), r)
	for _, p := range pointers {
		build.ADDQ(r, p)
	}
}

func maxPool(s instructions) {
	field := s.function("maxPool")
	y, upper, pixels := field("out"), field("a"), field("pixels")
	lower := s.lowerRow(upper, pixels)
	zero := s.zero()
	rows := field("rows")
	loop("pair", rows, func() {
		one := build.GP64()
		build.MOVQ(operand.U32(1), one)
		s.each(one, pixels, []stream{{y, 1}, {upper, 2}, {lower, 2}}, 1, s.clear(y, zero), func(int) {
			for h := range s.halves {
				v := s.load(s.at(memory(upper), 0, h))
				build.VMAXPS(s.at(memory(upper), 1, h), v, v)
				build.VMAXPS(s.at(memory(lower), 0, h), v, v)
				build.VMAXPS(s.at(memory(lower), 1, h), v, v)
				build.VMOVUPS(v, s.at(memory(y), 0, h))
			}
		})
		s.skipRow(pixels, upper, lower)
	})
	finish()
}

func maxPoolGrad(s instructions) {
	for _, accumulate := range []bool{false, true} {
		name := "maxPoolGrad"
		if accumulate {
			name = "maxPoolGradAdd"
		}
		field := s.function(name)
		pixels := field("pixels")
		upper, x, dy := field("out"), field("a"), field("b")
		lower, below := s.lowerRow(upper, pixels), s.lowerRow(x, pixels)
		large := []reg.GPVirtual{upper, lower, x, below}
		var acc, accBelow reg.GPVirtual
		if accumulate {
			acc = field("c")
			accBelow = s.lowerRow(acc, pixels)
			large = append(large, acc, accBelow)
		}
		streams := []stream{{dy, 1}}
		for _, p := range large {
			streams = append(streams, stream{p, 2})
		}
		zero := s.zero()
		edge := func() {
			s.clear(upper, zero)()
			s.clear(lower, zero)()
		}
		rows := field("rows")
		loop("pair", rows, func() {
			one := build.GP64()
			build.MOVQ(operand.U32(1), one)
			s.each(one, pixels, streams, 1, edge, func(int) {
				for h := range s.halves {
					corner := func(top, bottom reg.GPVirtual, i int) operand.Mem {
						return s.at(memory([]reg.GPVirtual{top, top, bottom, bottom}[i]), i%2, h)
					}
					d := s.load(s.at(memory(dy), 0, h))
					var in [4]reg.VecVirtual
					for i := range in {
						in[i] = s.load(corner(x, below, i))
					}
					for i, v := range s.firstMaximum(in, d) {
						if accumulate {
							build.VADDPS(corner(acc, accBelow, i), v, v)
						}
						build.VMOVUPS(v, corner(upper, lower, i))
					}
				}
			})
			s.skipRow(pixels, large...)
		})
		finish()
	}
}

// firstMaximum puts d where the first maximum of four vectors is, and zero elsewhere. It may overwrite the four
// registers.
func (s instructions) firstMaximum(in [4]reg.VecVirtual, d reg.VecVirtual) [4]reg.VecVirtual {
	best := s.vector()
	build.VMAXPS(in[1], in[0], best)
	build.VMAXPS(in[2], best, best)
	build.VMAXPS(in[3], best, best)
	if s.wide {
		var here reg.OpmaskVirtual
		taken := build.K()
		for i, v := range in {
			here = build.K()
			build.VCMPPS(equal, best, v, here)
			if i == 0 {
				build.KMOVW(here, taken)
			} else {
				build.KANDNW(here, taken, here)
				build.KORW(here, taken, taken)
			}
			build.VMOVAPS_Z(d, here, v)
		}
		return in
	}
	rest := s.vector() // d where no maximum has been found yet
	build.VMOVAPS(d, rest)
	for _, v := range in {
		build.VCMPPS(equal, best, v, v)
		mask := s.vector()
		build.VMOVAPS(v, mask)
		build.VANDPS(rest, mask, v)
		build.VANDNPS(rest, mask, rest)
	}
	return in
}
