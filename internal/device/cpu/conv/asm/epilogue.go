package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of the Go structure epilogueArgs.
const (
	epilogueZ = iota
	epilogueY
	epilogueBias
	epilogueScale
	epilogueShift
	epilogueLow
	epilogueHigh
	epilogueResidual
	epilogueSums
	epilogueRows
	epiloguePixels
	epilogueZRow
	epilogueYRow
	epilogueResidualRow
)

func epilogues(f *goFile) {
	for _, m := range []machine{avx512, avx2, half2} {
		name := "epilogue" + m.name
		if m == half2 {
			name = "epilogueHalf"
		}
		epilogue(m, name)
		f.declare(name, "epilogueArgs")
	}
}

// An epilogueCase is the variant of the epilogue that one loop implements.
type epilogueCase struct {
	machine
	name            string
	sums, y         bool
	residual        bool
	z, yAt, rest    reg.GPPhysical
	low             reg.VecPhysical
	high            reg.GPPhysical // address
	offset, scale   reg.VecPhysical
	shift, pivot    reg.VecPhysical
	temps           int // first register for pixels
	totals, squares int // first registers of running sums
	unroll          int
}

// epilogue adds the bias, accumulates statistics and applies the activation for some rows of one block of channels.
// There is a loop for each combination of these steps.
func epilogue(m machine, name string) {
	a := begin(name)
	for _, c := range []struct{ sums, y, residual bool }{
		{true, true, true},
		{true, true, false},
		{true, false, false},
		{false, true, true},
		{false, true, false},
		{false, false, false},
	} {
		next := fmt.Sprintf("after%v%v%v_%s", c.sums, c.y, c.residual, name)
		for _, w := range []struct {
			wanted bool
			field  int
		}{{c.sums, epilogueSums}, {c.y, epilogueY}, {c.residual, epilogueResidual}} {
			build.CMPQ(field(a, w.field), operand.U8(0))
			if w.wanted {
				build.JEQ(operand.LabelRef(next))
			} else {
				build.JNE(operand.LabelRef(next))
			}
		}
		e := epilogueCase{
			machine: m, name: fmt.Sprintf("%v%v%v_%s", c.sums, c.y, c.residual, name),
			sums: c.sums, y: c.y, residual: c.residual, z: reg.RSI, yAt: reg.RDX, rest: reg.R8,
			high: reg.R12, low: m.v(0), offset: m.v(1), scale: m.v(2), shift: m.v(3), pivot: m.v(4),
			temps: 5, totals: 8, squares: 12, unroll: 4,
		}
		for h := range m.parts {
			e.pass(a, h)
		}
		build.VZEROUPPER()
		build.RET()
		build.Label(next)
	}
	end()
}

// pass processes the rows for one part of the 16 channels.
func (e epilogueCase) pass(a reg.GPPhysical, h int) {
	label := func(s string) string { return fmt.Sprintf("%s%d%s", s, h, e.name) }
	at := func(base reg.Register, pixels int) operand.Mem {
		return operand.Mem{Base: base, Disp: pixels*e.machine.pixel() + h*e.bytes()}
	}
	load := func(i int, to reg.VecPhysical) {
		build.MOVQ(field(a, i), reg.RAX)
		build.VMOVUPS(at(reg.RAX, 0), to)
	}
	build.MOVQ(field(a, epilogueZ), reg.R9)
	build.MOVQ(field(a, epilogueY), reg.R10)
	build.MOVQ(field(a, epilogueResidual), reg.R11)
	load(epilogueBias, e.offset)
	if e.y {
		load(epilogueLow, e.low)
		build.MOVQ(field(a, epilogueHigh), e.high)
		load(epilogueScale, e.scale)
		load(epilogueShift, e.shift)
	}
	if e.sums {
		build.VADDPS(at(reg.R9, 0), e.offset, e.pivot)
		for i := range e.unroll {
			e.machine.zero(e.v(e.totals + i))
			e.machine.zero(e.v(e.squares + i))
		}
	}
	build.MOVQ(field(a, epilogueRows), reg.RBX)
	build.Label(label("row"))
	build.MOVQ(reg.R9, e.z)
	build.MOVQ(reg.R10, e.yAt)
	build.MOVQ(reg.R11, e.rest)
	build.MOVQ(field(a, epiloguePixels), reg.RCX)
	for _, n := range []int{e.unroll, 1} {
		build.SUBQ(operand.U32(n), reg.RCX)
		build.JLT(operand.LabelRef(label(fmt.Sprintf("rest%d_", n))))
		build.Label(label(fmt.Sprintf("pixels%d_", n)))
		for p := range n {
			e.pixel(p, at)
		}
		build.ADDQ(operand.U32(n*e.machine.pixel()), e.z)
		if e.y {
			build.ADDQ(operand.U32(n*e.machine.pixel()), e.yAt)
		}
		if e.residual {
			build.ADDQ(operand.U32(n*e.machine.pixel()), e.rest)
		}
		build.SUBQ(operand.U32(n), reg.RCX)
		build.JGE(operand.LabelRef(label(fmt.Sprintf("pixels%d_", n))))
		build.Label(label(fmt.Sprintf("rest%d_", n)))
		build.ADDQ(operand.U32(n), reg.RCX)
	}
	build.ADDQ(field(a, epilogueZRow), reg.R9)
	build.ADDQ(field(a, epilogueYRow), reg.R10)
	build.ADDQ(field(a, epilogueResidualRow), reg.R11)
	build.DECQ(reg.RBX)
	build.JNZ(operand.LabelRef(label("row")))
	if !e.sums {
		return
	}
	for _, first := range []int{e.totals, e.squares} {
		build.VADDPS(e.v(first+1), e.v(first), e.v(first))
		build.VADDPS(e.v(first+3), e.v(first+2), e.v(first+2))
		build.VADDPS(e.v(first+2), e.v(first), e.v(first))
	}
	build.MOVQ(field(a, epilogueRows), reg.RAX)
	build.IMULQ(field(a, epiloguePixels), reg.RAX)
	build.MOVQ(field(a, epilogueSums), reg.RBX)
	e.addRun(operand.Mem{Base: reg.RBX, Disp: 8 * h * e.bytes() / 4})
}

// pixel processes one pixel; p selects registers and running sums.
func (e epilogueCase) pixel(p int, at func(reg.Register, int) operand.Mem) {
	z, d := e.v(e.temps+p%2), e.v(e.temps+2)
	build.VADDPS(at(e.z, p), e.offset, z)
	build.VMOVUPS(z, at(e.z, p))
	if e.sums {
		total, square := e.v(e.totals+p%e.unroll), e.v(e.squares+p%e.unroll)
		build.VSUBPS(e.pivot, z, d)
		build.VADDPS(d, total, total)
		build.VFMADD231PS(d, d, square)
	}
	if !e.y {
		return
	}
	build.VFMADD213PS(e.shift, e.scale, z)
	build.VMOVUPS(at(e.high, 0), d)
	build.VMINPS(z, d, z) // NaN stays NaN
	build.VMAXPS(z, e.low, z)
	if e.residual {
		build.VADDPS(at(e.rest, p), z, z)
	}
	build.VMOVUPS(z, at(e.yAt, p))
}

// addRun adds a run of n pixels to the float64 at sums: from Σd and Σd², d = z − pivot, and n in RAX,
//
//	Σz = Σd + n·pivot        Σz² = Σd² + pivot·(Σd + Σz)
func (e epilogueCase) addRun(sums operand.Mem) {
	m := e.machine
	d, d2, p, n, z := m.v(1), m.v(2), m.v(3), m.v(0), m.v(5)
	build.VXORPS(reg.X0, reg.X0, reg.X0)
	build.VCVTSI2SDQ(reg.RAX, reg.X0, reg.X0)
	build.VBROADCASTSD(reg.X0, n)
	for half := range 2 {
		widen := func(v, to reg.VecPhysical) {
			switch {
			case half == 0 && m.wide:
				build.VCVTPS2PD(v.AsY(), to)
			case half == 0:
				build.VCVTPS2PD(v.AsX(), to)
			case m.wide:
				build.VEXTRACTF64X4(operand.U8(1), v, to.AsY())
				build.VCVTPS2PD(to.AsY(), to)
			default:
				build.VEXTRACTF128(operand.U8(1), v, to.AsX())
				build.VCVTPS2PD(to.AsX(), to)
			}
		}
		widen(e.v(e.totals), d)
		widen(e.v(e.squares), d2)
		widen(e.pivot, p)
		to := sums
		to.Disp += half * m.bytes()
		build.VMOVAPD(d, z)
		build.VFMADD231PD(n, p, z)
		build.VADDPD(z, d, d)
		build.VFMADD231PD(d, p, d2)
		build.VADDPD(to, z, z)
		build.VMOVUPD(z, to)
		to.Disp += 8 * lanes
		build.VADDPD(to, d2, d2)
		build.VMOVUPD(d2, to)
	}
}
