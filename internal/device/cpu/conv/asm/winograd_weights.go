package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// weights transforms 3×3 vectors of 16 weights: element (i, j) of GgGᵀ goes to position (size+2)·i + j. With the
// constants 1/N0, and (1, p, p²)/Np for the points p = a and b,
//
//	g0/N0,  (g0/Na + g2·a²/Na) ± g1·a/Na,  the same for b with tiles of 4×4,  g2
//
// Tiles of 3×3 have the constants of each of the points a, −a and b.
func (t transform) weights(name string, forms ...form) {
	first, count := 8, 7
	if t.size == 3 {
		first, count = 4, 10
	}
	a := begin(name)
	build.MOVQ(field(a, transformConstants), reg.RAX)
	for i := range count {
		build.VBROADCASTSS(operand.Mem{Base: reg.RAX, Disp: 4 * i}, t.v(first+i))
	}
	n := t.size + 2
	u := strided{reg.RAX, reg.RBX, reg.R10}
	build.MOVQ(field(a, transformFrom), reg.RSI)
	build.MOVQ(field(a, transformTo), reg.RDX)
	build.MOVQ(field(a, transformToRow), u.step)
	build.IMUL3Q(operand.U8(n), u.step, reg.R11)
	body := func(f form) {
		t.weightRows(n, first, u, f)
	}
	if len(forms) == 1 {
		body(forms[0])
	} else {
		build.MOVQ(operand.U32(1), reg.RCX)
		t.loop(a, name, forms, body, func() {}, func() {})
	}
	end()
}

// weightRows computes all positions.
func (t transform) weightRows(n, first int, u strided, f form) {
	for h := range t.parts {
		part := h * t.bytes()
		build.MOVQ(reg.RDX, u.base)
		for i := range n {
			u.point()
			row := t.registers(0, 3)
			for col, r := range row {
				t.weight(i, n, r, func(k int) operand.Op {
					return operand.Mem{Base: reg.RSI, Disp: (3*k+col)*pixel + part}
				}, first)
			}
			for j := range n {
				t.weight(j, n, t.v(3), func(k int) operand.Op { return row[k] }, first)
				f.put(t.v(3), u.at(j, part))
			}
			build.ADDQ(reg.R11, u.base)
		}
	}
}

// weight computes element i of n of the combinations of three numbers.
func (t transform) weight(i, n int, to reg.VecPhysical, g func(int) operand.Op, first int) {
	switch {
	case i == 0:
		build.VMULPS(g(0), t.v(first), to)
	case i == n-1:
		build.VMOVUPS(g(2), to)
	case t.size == 3:
		c := first + 1 + 3*(i-1)
		build.VMULPS(g(0), t.v(c), to)
		build.VFMADD231PS(g(2), t.v(c+2), to)
		build.VFMADD231PS(g(1), t.v(c+1), to)
	default:
		c := first + 1 + (i-1)/2*3
		build.VMULPS(g(0), t.v(c), to)
		build.VFMADD231PS(g(2), t.v(c+2), to)
		if i%2 == 1 {
			build.VFMADD231PS(g(1), t.v(c+1), to)
		} else {
			build.VFNMADD231PS(g(1), t.v(c+1), to)
		}
	}
}
