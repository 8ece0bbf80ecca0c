package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// number32 is the size of a number of a plane of one channel.
const number32 = 4

// step moves pointers into planes of one channel.
func step(pixels int, pointers ...reg.GPVirtual) {
	for _, p := range pointers {
		build.ADDQ(operand.Imm(uint64(pixels*number32)), p)
	}
}

// multiply is out = a·b + c, with a number of b for each channel of a pixel or one for the pixel.
func multiply(s instructions, perPixel bool) {
	for _, accumulate := range []bool{false, true} {
		name := "multiply"
		if perPixel {
			name = "scalePixels"
		}
		field := s.function(named(name, false, accumulate))
		y, a, b := field("out"), field("a"), field("b")
		streams := []stream{{y, 1}, {a, 1}}
		var gates []reg.GPVirtual
		if perPixel {
			gates = append(gates, b)
		} else {
			streams = append(streams, stream{b, 1})
		}
		var acc reg.GPVirtual
		if accumulate {
			acc = field("c")
			streams = append(streams, stream{acc, 1})
		}
		clear := s.clear(y, s.zero())
		edge := func() {
			clear()
			step(1, gates...)
		}
		s.each(field("rows"), field("pixels"), streams, 4, edge, func(pixels int) {
			for i := range pixels {
				var gate reg.VecVirtual
				if perPixel {
					gate = s.vector()
					build.VBROADCASTSS(memory(b).Offset(i*number32), gate)
				}
				for h := range s.halves {
					factor := gate
					if !perPixel {
						factor = s.load(s.at(memory(b), i, h))
					}
					v := s.vector()
					if accumulate {
						v = s.load(s.at(memory(a), i, h))
						build.VFMADD213PS(s.at(memory(acc), i, h), factor, v)
					} else {
						build.VMULPS(s.at(memory(a), i, h), factor, v)
					}
					build.VMOVUPS(v, s.at(memory(y), i, h))
				}
			}
			step(pixels, gates...)
		})
		finish()
	}
}

// dots is out = Σ a·b over the channels of a pixel + c, where out and c are planes of one channel.
func dots(s instructions) {
	for _, accumulate := range []bool{false, true} {
		field := s.function(named("dots", false, accumulate))
		y, a, b := field("out"), field("a"), field("b")
		single := []reg.GPVirtual{y}
		var acc reg.GPVirtual
		if accumulate {
			acc = field("c")
			single = append(single, acc)
		}
		edge := func() {
			build.MOVL(operand.U32(0), memory(y))
			step(1, single...)
		}
		s.each(field("rows"), field("pixels"), []stream{{a, 1}, {b, 1}}, 4, edge, func(pixels int) {
			for i := range pixels {
				total := s.load(s.at(memory(a), i, 0))
				build.VMULPS(s.at(memory(b), i, 0), total, total)
				if s.halves == 2 {
					v := s.load(s.at(memory(a), i, 1))
					build.VFMADD231PS(s.at(memory(b), i, 1), v, total)
				}
				x := s.across(total)
				if accumulate {
					build.VADDSS(memory(acc).Offset(i*number32), x, x)
				}
				build.VMOVSS(x, memory(y).Offset(i*number32))
			}
			step(pixels, single...)
		})
		finish()
	}
}

// across returns the sum of a vector's numbers as the first of a short one.
func (s instructions) across(v reg.VecVirtual) reg.VecVirtual {
	if s.wide {
		high := build.YMM()
		build.VEXTRACTF64X4(operand.Imm(1), v, high)
		low := build.YMM()
		build.VADDPS(v.(reg.Vec).AsY(), high, low)
		v = low
	}
	high, low := build.XMM(), build.XMM()
	build.VEXTRACTF128(operand.Imm(1), v.(reg.Vec).AsY(), high)
	build.VADDPS(v.(reg.Vec).AsX(), high, low)
	build.VPERMILPS(operand.Imm(0x4E), low, high) // the other two
	build.VADDPS(high, low, low)
	build.VPERMILPS(operand.Imm(0xB1), low, high) // the neighbour
	build.VADDPS(high, low, low)
	return low
}
