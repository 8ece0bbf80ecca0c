package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// input transforms tiles of input pixels: for each tile, element (i, j) of BᵀdB goes to position (size+2)·i + j. A
// row of positions is computed from one combination of rows of pixels, so that everything fits into registers. With
// two forms, pairs of tiles share memory.
func (t transform) input(name string, forms ...form) {
	a := begin(name)
	t.loadConstants(a)
	n := t.size + 2
	x := strided{reg.RSI, reg.R8, reg.R9}
	v := strided{reg.RAX, reg.RBX, reg.R10}
	build.MOVQ(field(a, transformFrom), x.base)
	build.MOVQ(field(a, transformFromRow), x.step)
	build.MOVQ(field(a, transformTo), reg.RDX)
	build.MOVQ(field(a, transformToRow), v.step)
	build.MOVQ(field(a, transformCount), reg.RCX)
	build.IMUL3Q(operand.U8(n), v.step, reg.R11) // from one row of positions to the next
	t.loop(a, name, forms, func(f form) {
		x.point()
		for h := range t.parts {
			part := h * t.bytes()
			build.MOVQ(reg.RDX, v.base)
			d := func(row, col int) operand.Mem { return x.at(row, col*t.pixel()+part) }
			store := func(row []reg.VecPhysical) { // n numbers and some spare registers
				v.point()
				t.inputRow(row[:n], row[n:], func(k int, r reg.VecPhysical) { f.put(r, v.at(k, part)) })
				build.ADDQ(reg.R11, v.base)
			}
			switch t.size {
			case 2:
				t.inputColumns2(d, store)
			case 3:
				t.inputColumns3(d, store)
			case 4:
				t.inputColumns4(d, store)
			}
		}
	}, func() {
		build.ADDQ(field(a, transformFromTile), x.base)
	}, func() {
		build.ADDQ(field(a, transformToTile), reg.RDX)
	})
	end()
}

// inputColumns2 computes the rows of Bᵀd for tiles of 2×2.
func (t transform) inputColumns2(d func(row, col int) operand.Mem, store func([]reg.VecPhysical)) {
	row := t.registers(0, 7)
	for _, c := range []struct {
		plus, with int
		op         func(...operand.Op)
	}{{2, 0, build.VSUBPS}, {2, 1, build.VADDPS}, {2, 1, build.VSUBPS}, {3, 1, build.VSUBPS}} {
		for col := range 4 {
			build.VMOVUPS(d(c.plus, col), row[col])
			c.op(d(c.with, col), row[col], row[col])
		}
		store(row)
	}
}

// inputColumns3 computes the rows of Bᵀd for tiles of 3×3, with pk = d(k+1) − b·dk:
//
//	p2 − a²·p0
//	p2 ± a·p1
//	d3 − a²·d1
//	p3 − a²·p1
func (t transform) inputColumns3(d func(row, col int) operand.Mem, store func([]reg.VecPhysical)) {
	p := func(k, col int, to reg.VecPhysical) {
		build.VMOVUPS(d(k+1, col), to)
		build.VFNMADD231PS(d(k, col), t.constant(constB), to)
	}
	row, other, temps := t.registers(0, 5), t.registers(5, 5), t.spares3()
	for col, r := range row {
		p(2, col, r)
		p(0, col, temps[0])
		build.VFNMADD231PS(temps[0], t.constant(constA2), r)
	}
	store(append(row, temps...))
	for col, plus := range row {
		minus, q := other[col], temps[0]
		p(2, col, plus)
		p(1, col, q)
		build.VMOVAPS(plus, minus)
		build.VFMADD231PS(q, t.constant(constA), plus)
		build.VFNMADD231PS(q, t.constant(constA), minus)
	}
	store(append(row, temps...))
	store(append(other, temps...))
	for col, r := range row {
		build.VMOVUPS(d(3, col), r)
		build.VFNMADD231PS(d(1, col), t.constant(constA2), r)
	}
	store(append(row, temps...))
	for col, r := range row {
		p(3, col, r)
		p(1, col, temps[0])
		build.VFNMADD231PS(temps[0], t.constant(constA2), r)
	}
	store(append(row, temps...))
}

// spares3 returns three registers for the transforms of tiles of 3×3: those of constants that only tiles of 4×4 have.
func (t transform) spares3() []reg.VecPhysical {
	return []reg.VecPhysical{t.constant(constB2), t.constant(constE), t.constant(constS)}
}

// inputRow3 applies the same combinations along a row of registers.
func (t transform) inputRow3(d, temps []reg.VecPhysical, emit func(k int, r reg.VecPhysical)) {
	p := func(k int, to reg.VecPhysical) {
		build.VMOVAPS(d[k+1], to)
		build.VFNMADD231PS(d[k], t.constant(constB), to)
	}
	p2, p0 := temps[0], temps[1]
	p(2, p2)
	p(0, p0)
	build.VFNMADD213PS(p2, t.constant(constA2), p0)
	emit(0, p0)
	p1, r := temps[1], temps[2]
	p(1, p1)
	build.VMOVAPS(p2, r)
	build.VFMADD231PS(p1, t.constant(constA), r)
	emit(1, r)
	build.VFNMADD231PS(p1, t.constant(constA), p2)
	emit(2, p2)
	build.VFNMADD231PS(d[3], t.constant(constB), d[4])
	build.VFNMADD231PS(p1, t.constant(constA2), d[4])
	emit(4, d[4])
	build.VFNMADD231PS(d[1], t.constant(constA2), d[3])
	emit(3, d[3])
}

// inputColumns4 computes the rows of Bᵀd for tiles of 4×4:
//
//	a²b²·d0 − (a²+b²)·d2 + d4
//	(d4 − b²·d2) ± a·(d3 − b²·d1)
//	(d4 − a²·d2) ± b·(d3 − a²·d1)
//	a²b²·d1 − (a²+b²)·d3 + d5
func (t transform) inputColumns4(d func(row, col int) operand.Mem, store func([]reg.VecPhysical)) {
	outer := func(first int) {
		row := t.registers(0, 10)
		for col := range 6 {
			build.VMOVUPS(d(first+4, col), row[col])
			build.VFMADD231PS(d(first, col), t.constant(constE), row[col])
			build.VFNMADD231PS(d(first+2, col), t.constant(constS), row[col])
		}
		store(row)
	}
	even := func(square, col int, p reg.VecPhysical) {
		build.VMOVUPS(d(4, col), p)
		build.VFNMADD231PS(d(2, col), t.constant(square), p)
	}
	odd := func(square, col int, q reg.VecPhysical) {
		build.VMOVUPS(d(3, col), q)
		build.VFNMADD231PS(d(1, col), t.constant(square), q)
	}
	outer(0)
	for _, c := range [][2]int{{constB2, constA}, {constA2, constB}} {
		if t.vectors == 32 {
			plus, minus := t.registers(0, 6), t.registers(6, 6)
			temps := t.registers(12, 4)
			for col := range 6 {
				even(c[0], col, plus[col])
				odd(c[0], col, minus[col])
				build.VMOVAPS(plus[col], temps[0])
				build.VFMADD231PS(minus[col], t.constant(c[1]), plus[col])
				build.VFNMADD213PS(temps[0], t.constant(c[1]), minus[col])
			}
			store(append(plus, temps...))
			store(append(minus, temps...))
			continue
		}
		for _, op := range []func(...operand.Op){build.VFMADD231PS, build.VFNMADD231PS} {
			row := t.registers(0, 10)
			for col := range 6 {
				even(c[0], col, row[col])
				odd(c[0], col, row[6])
				op(row[6], t.constant(c[1]), row[col])
			}
			store(row)
		}
	}
	outer(1)
}

// inputRow applies the same combinations along a row of registers.
func (t transform) inputRow(d, temps []reg.VecPhysical, emit func(k int, r reg.VecPhysical)) {
	if t.size == 3 {
		t.inputRow3(d, temps, emit)
		return
	}
	if t.size == 2 {
		build.VSUBPS(d[0], d[2], temps[0])
		emit(0, temps[0])
		build.VADDPS(d[1], d[2], temps[1])
		emit(1, temps[1])
		build.VSUBPS(d[1], d[2], temps[2])
		emit(2, temps[2])
		build.VSUBPS(d[1], d[3], d[3])
		emit(3, d[3])
		return
	}
	p, q, r := temps[0], temps[1], temps[2]
	build.VMOVAPS(d[4], p)
	build.VFMADD231PS(d[0], t.constant(constE), p)
	build.VFNMADD231PS(d[2], t.constant(constS), p)
	emit(0, p)
	for i, c := range [][2]int{{constB2, constA}, {constA2, constB}} {
		build.VMOVAPS(d[4], p)
		build.VFNMADD231PS(d[2], t.constant(c[0]), p)
		build.VMOVAPS(d[3], q)
		build.VFNMADD231PS(d[1], t.constant(c[0]), q)
		build.VMOVAPS(p, r)
		build.VFMADD231PS(q, t.constant(c[1]), p)
		emit(1+2*i, p)
		build.VFNMADD231PS(q, t.constant(c[1]), r)
		emit(2+2*i, r)
	}
	build.VFMADD231PS(d[1], t.constant(constE), d[5])
	build.VFNMADD231PS(d[3], t.constant(constS), d[5])
	emit(5, d[5])
}
