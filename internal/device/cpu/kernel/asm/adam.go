package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam's numbers are the fields of AdamStep; rows is the number of vectors of 16.
func adam(s instructions) {
	field := s.function("adam")
	param, grad, m, v, numbers := field("out"), field("a"), field("b"), field("c"), field("numbers")
	var number [7]reg.VecVirtual
	for i := range number {
		number[i] = s.vector()
		build.VBROADCASTSS(operand.Mem{Base: numbers, Disp: 4 * i}, number[i])
	}
	beta1, rest1, beta2, rest2 := number[0], number[1], number[2], number[3]
	rate, root, epsilon := number[4], number[5], number[6]
	flatSteps(field("rows"), []reg.GPVirtual{param, grad, m, v}, func() {
		for h := range s.halves {
			g := s.load(s.at(memory(grad), 0, h))
			first := s.vector()
			build.VMULPS(s.at(memory(m), 0, h), beta1, first)
			build.VFMADD231PS(g, rest1, first)
			build.VMOVUPS(first, s.at(memory(m), 0, h))
			second := s.vector()
			build.VMULPS(g, g, g)
			build.VMULPS(s.at(memory(v), 0, h), beta2, second)
			build.VFMADD231PS(g, rest2, second)
			build.VMOVUPS(second, s.at(memory(v), 0, h))
			build.VSQRTPS(second, second)
			build.VFMADD213PS(epsilon, root, second)
			build.VMULPS(rate, first, first)
			build.VDIVPS(second, first, first)
			p := s.load(s.at(memory(param), 0, h))
			build.VSUBPS(first, p, p)
			build.VMOVUPS(p, s.at(memory(param), 0, h))
		}
	})
	finish()
}
