package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// pointwise writes a kernel over flat vectors: out = body(a, b), where b is nil if there is only one operand.
func (s instructions) pointwise(name string, operands int, body func(u, d reg.VecVirtual) reg.VecVirtual) {
	field := s.function(name)
	out, a := field("out"), field("a")
	streams := []reg.GPVirtual{out, a}
	if operands == 2 {
		streams = append(streams, field("b"))
	}
	flatSteps(field("rows"), streams, func() {
		for h := range s.halves {
			var d reg.VecVirtual
			if operands == 2 {
				d = s.load(s.at(memory(streams[2]), 0, h))
			}
			build.VMOVUPS(body(s.load(s.at(memory(a), 0, h)), d), s.at(memory(out), 0, h))
		}
	})
	finish()
}

// negative returns min(u, 0), and the zero.
func (s instructions) negative(u reg.VecVirtual) (below, zero reg.VecVirtual) {
	below, zero = s.vector(), s.zero()
	build.VMINPS(zero, u, below)
	return below, zero
}

// elu is max(u, 0) + e^min(u, 0) − 1, of which one term is exactly zero.
func elu(s instructions) {
	s.pointwise("elu", 1, func(u, _ reg.VecVirtual) reg.VecVirtual {
		below, zero := s.negative(u)
		y, power := s.expParts(below)
		rest := s.vector()
		build.VADDPS(number(-1), power, rest)
		build.VFMADD213PS(rest, power, y)
		build.VMAXPS(u, zero, u) // u if it is NaN
		build.VADDPS(u, y, y)
		return y
	})
}

// eluGrad is d·e^min(u, 0).
func eluGrad(s instructions) {
	s.pointwise("eluGrad", 2, func(u, d reg.VecVirtual) reg.VecVirtual {
		below, _ := s.negative(u)
		y := s.expNegative(below)
		build.VMULPS(d, y, y)
		return y
	})
}

func silu(s instructions) {
	s.pointwise("silu", 1, func(u, _ reg.VecVirtual) reg.VecVirtual {
		p, _ := s.sigmoidOf(u)
		build.VMULPS(u, p, p)
		return p
	})
}

// siluGrad is d·p·(1 + u·(1 − p)) with p = sigmoid(u).
func siluGrad(s instructions) {
	s.pointwise("siluGrad", 2, func(u, d reg.VecVirtual) reg.VecVirtual {
		p, _ := s.sigmoidOf(u)
		rest, one := s.vector(), s.load(number(1))
		build.VSUBPS(p, one, rest)
		build.VFMADD213PS(one, u, rest)
		build.VMULPS(p, rest, rest)
		build.VMULPS(d, rest, rest)
		return rest
	})
}
