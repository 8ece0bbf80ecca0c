package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// spread transforms tiles of dz, for sums over tiles of their products with transformed inputs: element (i, j) of
// GdGᵀ goes to position (size+2)·i + j. The division by the divisors of G is left to collect.
//
//	4×4: g0,  (g0 + p²·g2) ± (p·g1 + p³·g3) for the points p = a and b,  g3
//	3×3: g0,  (g0 + p²·g2) ± p·g1 for the point p = a, and + for p = b,  g2
//	2×2: g0,  g0 ± g1,  g1
func (t transform) spread(name string, forms ...form) {
	a := begin(name)
	t.loadConstants(a)
	u := strided{reg.RAX, reg.RBX, reg.R10}
	build.MOVQ(field(a, transformFrom), reg.RSI)
	build.MOVQ(field(a, transformFromRow), reg.R12)
	build.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.R13)
	build.MOVQ(field(a, transformTo), reg.RDX)
	build.MOVQ(field(a, transformToRow), u.step)
	build.MOVQ(field(a, transformCount), reg.RCX)
	n := t.size + 2
	build.IMUL3Q(operand.U8(n), u.step, reg.R11)
	t.loop(a, name, forms, func(f form) {
		for h := range t.parts {
			part := h * t.bytes()
			build.MOVQ(reg.RDX, u.base)
			for i := range n {
				row, temps := t.registers(0, t.size), t.registers(4, 3)
				for col, r := range row {
					t.spreadNumber(i, r, temps[0], func(k int) operand.Op { return xRow(reg.RSI, k, col*pixel+part) })
				}
				u.point()
				for j := range n {
					t.spreadNumber(j, temps[1], temps[0], func(k int) operand.Op { return row[k] })
					f.put(temps[1], u.at(j, part))
				}
				build.ADDQ(reg.R11, u.base)
			}
		}
	}, func() {
		build.ADDQ(field(a, transformFromTile), reg.RSI)
	}, func() {
		build.ADDQ(field(a, transformToTile), reg.RDX)
	})
	end()
}

// spreadNumber computes element i of the combinations of a tile's numbers.
func (t transform) spreadNumber(i int, to, temp reg.VecPhysical, g func(int) operand.Op) {
	switch {
	case i == 0:
		build.VMOVUPS(g(0), to)
		return
	case i == t.size+1:
		build.VMOVUPS(g(t.size-1), to)
		return
	case t.size == 2:
		build.VMOVUPS(g(0), to)
		if i == 1 {
			build.VADDPS(g(1), to, to)
		} else {
			build.VSUBPS(g(1), to, to)
		}
		return
	}
	point, square, cube := constA, constA2, constE
	if i > 2 {
		point, square, cube = constB, constB2, constS
	}
	build.VMOVUPS(g(0), to)
	build.VFMADD231PS(g(2), t.constant(square), to)
	build.VMULPS(g(1), t.constant(point), temp)
	if t.size == 4 {
		build.VFMADD231PS(g(3), t.constant(cube), temp)
	}
	if i%2 == 1 {
		build.VADDPS(temp, to, to)
	} else {
		build.VSUBPS(temp, to, to)
	}
}

// collect computes the gradients of 3×3 weights from sums over tiles: AᵀMA with the divisors of G, from positions to
// vectors of 16 weights. With the constants of weights,
//
//	m0/N0 + (m1+m2)/Na + (m3+m4)/Nb
//	(m1−m2)·a/Na + (m3−m4)·b/Nb
//	(m1+m2)·a²/Na + (m3+m4)·b²/Nb + m5
//
// and without the terms of b for tiles of 2×2, where the last number is m3. Tiles of 3×3 have the constants of each of
// the points a, −a and b, whose numbers are m1, m2 and m3.
func (t transform) collect(name string) {
	first, count := 9, 7
	if t.size == 3 {
		first, count = 6, 10
	}
	a := begin(name)
	build.MOVQ(field(a, transformConstants), reg.RAX)
	for i := range count {
		build.VBROADCASTSS(operand.Mem{Base: reg.RAX, Disp: 4 * i}, t.v(first+i))
	}
	m := strided{reg.RAX, reg.RBX, reg.R10}
	build.MOVQ(field(a, transformFrom), reg.RSI)
	build.MOVQ(field(a, transformFromRow), reg.R11)
	n := t.size + 2
	build.IMUL3Q(operand.U8(n), reg.R11, m.step)
	build.MOVQ(field(a, transformTo), reg.RDX)
	build.MOVQ(field(a, transformCount), reg.RCX)
	build.Label("vector_" + name)
	for h := range t.parts {
		part := h * t.bytes()
		for y := range 3 {
			row, s, d, to := t.registers(0, n), t.v(6), t.v(7), t.v(8)
			if t.size == 3 {
				to = t.v(5)
			}
			build.MOVQ(reg.RSI, m.base)
			for col, r := range row {
				m.point()
				t.collectNumber(y, r, s, d, first, func(k int) operand.Op { return m.at(k, part) })
				if col+1 < n {
					build.ADDQ(reg.R11, m.base)
				}
			}
			for x := range 3 {
				t.collectNumber(x, to, s, d, first, func(k int) operand.Op { return row[k] })
				build.VMOVUPS(to, operand.Mem{Base: reg.RDX, Disp: (3*y+x)*pixel + part})
			}
		}
	}
	build.ADDQ(field(a, transformFromTile), reg.RSI)
	build.ADDQ(field(a, transformToTile), reg.RDX)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef("vector_" + name))
	end()
}

// collectNumber computes element y of 3 of the combinations of a tile's numbers.
func (t transform) collectNumber(y int, to, s, d reg.VecPhysical, first int, m func(int) operand.Op) {
	if t.size == 3 {
		t.collectNumber3(y, to, first, m)
		return
	}
	combine := build.VADDPS
	if y == 1 {
		combine = build.VSUBPS
	}
	build.VMOVUPS(m(1), s)
	combine(m(2), s, s)
	switch y {
	case 0:
		build.VMULPS(m(0), t.v(first), to)
	case 1:
		t.zero(to)
	case 2:
		build.VMOVUPS(m(t.size+1), to)
	}
	build.VFMADD231PS(s, t.v(first+1+y), to)
	if t.size == 2 {
		return
	}
	build.VMOVUPS(m(3), d)
	combine(m(4), d, d)
	build.VFMADD231PS(d, t.v(first+4+y), to)
}

// collectNumber3 computes element y for tiles of 3×3.
func (t transform) collectNumber3(y int, to reg.VecPhysical, first int, m func(int) operand.Op) {
	points := []int{1, 2, 3}
	switch y {
	case 0:
		build.VMOVUPS(m(0), to)
		build.VMULPS(t.v(first), to, to)
	case 1:
		build.VMOVUPS(m(1), to)
		build.VMULPS(t.v(first+2), to, to)
		points = points[1:]
	case 2:
		build.VMOVUPS(m(4), to)
	}
	for _, p := range points {
		build.VFMADD231PS(m(p), t.v(first+1+3*(p-1)+y), to)
	}
}

// Fields of the Go structure accumulateArgs.
const (
	accumulateV = iota
	accumulateD
	accumulateSums
	accumulateVPosition
	accumulateDPosition
	accumulatePositions
	accumulateTiles
	accumulateAdd
)

// accumulate generates the kernel that computes, at each position, the sums over tiles of the products of 16 input
// and 16 output channels. With bfloat16, a tile is a pair of them.
func accumulate(m machine, name string) {
	a := begin(name)
	label := func(s string) operand.LabelRef { return operand.LabelRef(s + "_" + name) }
	group := 16 / m.parts / m.parts // input channels at a time
	build.MOVQ(field(a, accumulateV), reg.R8)
	build.MOVQ(field(a, accumulateD), reg.R9)
	build.MOVQ(field(a, accumulateSums), reg.R10)
	build.MOVQ(field(a, accumulatePositions), reg.R11)
	build.Label("position_" + name)
	build.MOVQ(reg.R8, reg.R12)
	build.MOVQ(operand.U32(lanes/group), reg.R13)
	build.Label("group_" + name)
	acc := func(lane, h int) reg.VecPhysical { return m.v(lane*m.parts + h) }
	for i := range group * m.parts {
		m.zero(m.v(i))
	}
	build.MOVQ(reg.R12, reg.RSI)
	build.MOVQ(reg.R9, reg.RDX)
	build.MOVQ(field(a, accumulateTiles), reg.RCX)
	build.Label("tile_" + name)
	d, spare := group*m.parts, group*m.parts+m.parts
	for h := range m.parts {
		build.VMOVUPS(operand.Mem{Base: reg.RDX, Disp: h * m.bytes()}, m.v(d+h))
	}
	for lane := range group {
		from := operand.Mem{Base: reg.RSI, Disp: 4 * lane}
		if m.parts == 1 {
			m.fmaBroadcast(from, m.v(d), acc(lane, 0), nil)
			continue
		}
		value := m.v(spare + lane%4)
		build.VBROADCASTSS(from, value)
		for h := range m.parts {
			build.VFMADD231PS(value, m.v(d+h), acc(lane, h))
		}
	}
	build.ADDQ(operand.U32(pixel), reg.RSI)
	build.ADDQ(operand.U32(pixel), reg.RDX)
	build.DECQ(reg.RCX)
	build.JNZ(label("tile"))
	build.CMPQ(field(a, accumulateAdd), operand.U8(0))
	build.JEQ(label("store"))
	for lane := range group {
		for h := range m.parts {
			build.VADDPS(operand.Mem{Base: reg.R10, Disp: lane*pixel + h*m.bytes()}, acc(lane, h), acc(lane, h))
		}
	}
	build.Label("store_" + name)
	for lane := range group {
		for h := range m.parts {
			build.VMOVUPS(acc(lane, h), operand.Mem{Base: reg.R10, Disp: lane*pixel + h*m.bytes()})
		}
	}
	build.ADDQ(operand.U32(group*pixel), reg.R10)
	build.ADDQ(operand.U32(4*group), reg.R12)
	build.DECQ(reg.R13)
	build.JNZ(label("group"))
	build.ADDQ(field(a, accumulateVPosition), reg.R8)
	build.ADDQ(field(a, accumulateDPosition), reg.R9)
	build.DECQ(reg.R11)
	build.JNZ(label("position"))
	end()
}

// addUp generates the kernel that adds vectors of 64 bytes, to = from + addend: transformCount vectors at each of
// transformToTile places, transformFromRow apart.
func addUp(m machine, name string) {
	a := begin(name)
	build.MOVQ(field(a, transformFrom), reg.RSI)
	build.MOVQ(field(a, transformTo), reg.RDX)
	build.MOVQ(field(a, transformAddend), reg.R8)
	build.MOVQ(field(a, transformToTile), reg.RBX)
	build.Label("place_" + name)
	build.XORQ(reg.RAX, reg.RAX)
	build.MOVQ(field(a, transformCount), reg.RCX)
	build.Label("vector_" + name)
	for h := range m.parts {
		from := operand.Mem{Base: reg.RSI, Index: reg.RAX, Scale: 1, Disp: h * m.bytes()}
		addend := operand.Mem{Base: reg.R8, Index: reg.RAX, Scale: 1, Disp: h * m.bytes()}
		build.VMOVUPS(from, m.v(h))
		build.VADDPS(addend, m.v(h), m.v(h))
		build.VMOVUPS(m.v(h), operand.Mem{Base: reg.RDX, Index: reg.RAX, Scale: 1, Disp: h * m.bytes()})
	}
	build.ADDQ(operand.U32(pixel), reg.RAX)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef("vector_" + name))
	build.ADDQ(field(a, transformFromRow), reg.RSI)
	build.ADDQ(field(a, transformFromRow), reg.RDX)
	build.ADDQ(field(a, transformFromRow), reg.R8)
	build.DECQ(reg.RBX)
	build.JNZ(operand.LabelRef("place_" + name))
	end()
}
