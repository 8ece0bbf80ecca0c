package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// output transforms products back to tiles of output pixels, AᵀMA, and adds the addend, if any.
func (t transform) output(name string) {
	a := begin(name)
	t.loadConstants(a)
	n := t.size + 2
	m := strided{reg.RAX, reg.RBX, reg.R10} // a column of positions
	build.MOVQ(field(a, transformFrom), reg.RSI)
	build.MOVQ(field(a, transformFromRow), reg.R11) // from one position to the next
	build.IMUL3Q(operand.U8(n), reg.R11, m.step)
	build.MOVQ(field(a, transformTo), reg.RDX)
	build.MOVQ(field(a, transformToRow), reg.R12)
	build.MOVQ(field(a, transformAddend), reg.R8)
	build.MOVQ(field(a, transformAddendRow), reg.R13)
	build.MOVQ(field(a, transformCount), reg.RCX)
	build.TESTQ(reg.R8, reg.R8)
	build.JZ(operand.LabelRef("plain_" + name))
	for _, add := range []bool{true, false} {
		label := "add_" + name
		if !add {
			label = "plain_" + name
		}
		build.Label(label)
		for h := range t.parts {
			part := h * t.bytes()
			// Rows come in any order: the address of each is computed anew.
			emit := func(row int) func(k int, r reg.VecPhysical) {
				address := func(base, step, to reg.GPPhysical) {
					build.IMUL3Q(operand.U8(row), step, to)
					build.ADDQ(base, to)
				}
				address(reg.RDX, reg.R12, reg.R9)
				if add {
					address(reg.R8, reg.R13, reg.RDI)
				}
				return func(k int, r reg.VecPhysical) {
					if add {
						build.VADDPS(operand.Mem{Base: reg.RDI, Disp: k*t.pixel() + part}, r, r)
					}
					build.VMOVUPS(r, operand.Mem{Base: reg.R9, Disp: k*t.pixel() + part})
				}
			}
			column := func(col int) func(row int) operand.Mem {
				if col == 0 {
					build.MOVQ(reg.RSI, m.base)
				} else {
					build.ADDQ(reg.R11, m.base)
				}
				m.point()
				return func(row int) operand.Mem { return m.at(row, part) }
			}
			switch t.size {
			case 2:
				t.output2(column, emit)
			case 3:
				t.output3(column, emit)
			case 4:
				t.output4(column, emit)
			}
		}
		if add {
			build.Load(build.Param("a"), reg.RDI)
			build.ADDQ(field(a, transformFromTile), reg.RSI)
			build.ADDQ(field(a, transformToTile), reg.RDX)
			build.ADDQ(field(a, transformToTile), reg.R8)
		} else {
			build.ADDQ(field(a, transformFromTile), reg.RSI)
			build.ADDQ(field(a, transformToTile), reg.RDX)
		}
		build.DECQ(reg.RCX)
		build.JNZ(operand.LabelRef(label))
		if add {
			build.VZEROUPPER()
			build.RET()
		}
	}
	end()
}

// output2 computes y0 = m0+m1+m2 and y1 = m1−m2+m3, down the columns and along the rows.
func (t transform) output2(column func(int) func(int) operand.Mem, emit func(int) func(int, reg.VecPhysical)) {
	row := t.registers(0, 4)
	temp := t.v(4)
	for y := range 2 {
		for col, r := range row {
			m := column(col)
			build.VMOVUPS(m(1), r)
			if y == 0 {
				build.VADDPS(m(2), r, r)
				build.VADDPS(m(0), r, r)
			} else {
				build.VSUBPS(m(2), r, r)
				build.VADDPS(m(3), r, r)
			}
		}
		write := emit(y)
		build.VADDPS(row[1], row[0], temp)
		build.VADDPS(row[2], temp, temp)
		write(0, temp)
		build.VSUBPS(row[2], row[1], row[1])
		build.VADDPS(row[3], row[1], row[1])
		write(1, row[1])
	}
}

// output3 computes
//
//	y0 = m0 + (m1+m2) + m3
//	y1 = a·(m1−m2) + b·m3
//	y2 = m4 + a²·(m1+m2) + b²·m3
//
// down the columns and along the rows.
func (t transform) output3(column func(int) func(int) operand.Mem, emit func(int) func(int, reg.VecPhysical)) {
	row, sum, difference, y2 := t.registers(0, 5), t.v(5), t.v(6), t.v(7)
	number := func(y int, m func(int) operand.Op, s, to reg.VecPhysical) { // s is m1+m2, or m1−m2 for y1
		switch y {
		case 0:
			build.VADDPS(m(0), s, to)
			build.VADDPS(m(3), to, to)
		case 1:
			build.VMULPS(s, t.constant(constA), to)
			build.VFMADD231PS(m(3), t.constant(constB), to)
		case 2:
			build.VMOVUPS(m(4), to)
			build.VFMADD231PS(s, t.constant(constA2), to)
			build.VFMADD231PS(m(3), t.constant(constB2), to)
		}
	}
	for y := range 3 {
		for col, r := range row {
			m := column(col)
			build.VMOVUPS(m(1), sum)
			if y == 1 {
				build.VSUBPS(m(2), sum, sum)
			} else {
				build.VADDPS(m(2), sum, sum)
			}
			number(y, func(k int) operand.Op { return m(k) }, sum, r)
		}
		write := emit(y)
		of := func(k int) operand.Op { return row[k] }
		build.VADDPS(row[2], row[1], sum)
		build.VSUBPS(row[2], row[1], difference)
		number(2, of, sum, y2)
		write(2, y2)
		number(1, of, difference, y2)
		write(1, y2)
		number(0, of, sum, y2)
		write(0, y2)
	}
}

// output4 computes
//
//	y0 = m0 + (m1+m2) + (m3+m4)          y2 = a²·(m1+m2) + b²·(m3+m4)
//	y1 = a·(m1−m2) + b·(m3−m4)           y3 = a³·(m1−m2) + b³·(m3−m4) + m5
//
// down the columns and along the rows.
func (t transform) output4(column func(int) func(int) operand.Mem, emit func(int) func(int, reg.VecPhysical)) {
	first, second := t.registers(0, 6), t.registers(6, 6)
	temps := t.registers(12, 4)
	paired := t.vectors == 32
	if !paired {
		temps = t.registers(6, 4)
	}
	for parity := range 2 {
		combine := build.VADDPS
		if parity == 1 {
			combine = build.VSUBPS
		}
		for y := parity; y < 4; y += 2 {
			for col := range 6 {
				m := column(col)
				s, d := temps[0], temps[1]
				build.VMOVUPS(m(1), s)
				combine(m(2), s, s)
				build.VMOVUPS(m(3), d)
				combine(m(4), d, d)
				t.outputSum(y, s, d, m, first[col])
				if paired {
					t.outputSum(y+2, s, d, m, second[col])
				}
			}
			t.outputRow(first, temps, emit(y))
			if paired {
				t.outputRow(second, temps, emit(y+2))
				break
			}
		}
	}
}

// outputSum computes y from s = m1±m2 and d = m3±m4.
func (t transform) outputSum(y int, s, d reg.VecPhysical, m func(int) operand.Mem, to reg.VecPhysical) {
	switch y {
	case 0:
		build.VADDPS(m(0), s, to)
		build.VADDPS(d, to, to)
	case 1:
		build.VMULPS(s, t.constant(constA), to)
		build.VFMADD231PS(d, t.constant(constB), to)
	case 2:
		build.VMULPS(s, t.constant(constA2), to)
		build.VFMADD231PS(d, t.constant(constB2), to)
	case 3:
		build.VMOVUPS(m(5), to)
		build.VFMADD231PS(s, t.constant(constE), to)
		build.VFMADD231PS(d, t.constant(constS), to)
	}
}

// outputRow applies the same combinations along a row of registers.
func (t transform) outputRow(m, temps []reg.VecPhysical, write func(int, reg.VecPhysical)) {
	s, d, y := temps[0], temps[1], temps[2]
	build.VADDPS(m[2], m[1], s)
	build.VADDPS(m[4], m[3], d)
	build.VADDPS(m[0], s, y)
	build.VADDPS(d, y, y)
	write(0, y)
	build.VMULPS(s, t.constant(constA2), s)
	build.VFMADD231PS(d, t.constant(constB2), s)
	write(2, s)
	build.VSUBPS(m[2], m[1], m[1])
	build.VSUBPS(m[4], m[3], m[3])
	build.VMULPS(m[1], t.constant(constA), d)
	build.VFMADD231PS(m[3], t.constant(constB), d)
	write(1, d)
	build.VFMADD231PS(m[1], t.constant(constE), m[5])
	build.VFMADD231PS(m[3], t.constant(constS), m[5])
	write(3, m[5])
}
