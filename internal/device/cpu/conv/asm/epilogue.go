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
	epilogueResidual
	epilogueSums
	epiloguePixels
)

// sumRun is the number of pixels whose statistics are summed in float32, as the Go constant of the same name.
const sumRun = 64

func epilogues(f *goFile) {
	for _, m := range []machine{avx512, avx2} {
		name := "epilogue" + m.name
		epilogue(m, name)
		f.declare(name, "epilogueArgs")
	}
}

// epilogue adds the bias, gathers statistics and activates one row of one block of channels. The branches on what is
// wanted go the same way for all pixels.
func epilogue(m machine, name string) {
	a := begin(name)
	z, y, residual, sums := reg.RSI, reg.RDX, reg.R8, reg.R9
	z32, zero := m.v(0), m.v(1)
	bias, scale, shift, sum, square := m.v(2), m.v(3), m.v(4), m.v(5), m.v(6)
	pivot, distance := m.v(7), m.v(8)
	m.zero(zero)
	for h := range m.parts {
		label := func(s string) string { return fmt.Sprintf("%s%d_%s", s, h, name) }
		jump := func(s string) operand.LabelRef { return operand.LabelRef(label(s)) }
		at := func(base reg.Register) operand.Mem { return operand.Mem{Base: base, Disp: h * m.bytes()} }
		build.MOVQ(field(a, epilogueZ), z)
		build.MOVQ(field(a, epilogueY), y)
		build.MOVQ(field(a, epilogueResidual), residual)
		build.MOVQ(field(a, epilogueSums), sums)
		build.MOVQ(field(a, epilogueBias), reg.RAX)
		build.VMOVUPS(at(reg.RAX), bias)
		build.MOVQ(field(a, epilogueScale), reg.RAX)
		build.VMOVUPS(at(reg.RAX), scale)
		build.MOVQ(field(a, epilogueShift), reg.RAX)
		build.VMOVUPS(at(reg.RAX), shift)
		build.MOVQ(field(a, epiloguePixels), reg.RCX)

		build.Label(label("run"))
		m.zero(sum)
		m.zero(square)
		build.VADDPS(at(z), bias, pivot)
		build.MOVQ(operand.U32(sumRun), reg.RBX)
		build.CMPQ(reg.RCX, reg.RBX)
		build.CMOVQLT(reg.RCX, reg.RBX)
		build.SUBQ(reg.RBX, reg.RCX)
		build.MOVQ(reg.RBX, reg.R10)

		build.Label(label("pixel"))
		build.VADDPS(at(z), bias, z32)
		build.VMOVUPS(z32, at(z))
		build.VSUBPS(pivot, z32, distance)
		build.VADDPS(distance, sum, sum)
		build.VFMADD231PS(distance, distance, square)
		build.TESTQ(y, y)
		build.JZ(jump("next"))
		build.VFMADD213PS(shift, scale, z32)
		build.VMAXPS(z32, zero, z32) // NaN stays NaN
		build.TESTQ(residual, residual)
		build.JZ(jump("store"))
		build.VADDPS(at(residual), z32, z32)
		build.ADDQ(operand.U32(pixel), residual)
		build.Label(label("store"))
		build.VMOVUPS(z32, at(y))
		build.ADDQ(operand.U32(pixel), y)
		build.Label(label("next"))
		build.ADDQ(operand.U32(pixel), z)
		build.DECQ(reg.RBX)
		build.JNZ(jump("pixel"))

		build.TESTQ(sums, sums)
		build.JZ(jump("unsummed"))
		addRun(m, sum, square, pivot, operand.Mem{Base: sums, Disp: 8 * h * m.bytes() / 4})
		build.Label(label("unsummed"))
		build.TESTQ(reg.RCX, reg.RCX)
		build.JNZ(jump("run"))
	}
	end()
}

// addRun adds a run of n pixels to the float64 at sums: from Σd and Σd², d = z − pivot, and n in R10,
//
//	Σz = Σd + n·pivot        Σz² = Σd² + pivot·(Σd + Σz)
func addRun(m machine, sum, square, pivot reg.VecPhysical, sums operand.Mem) {
	d, d2, p, n := m.v(9), m.v(10), m.v(11), m.v(12)
	build.VCVTSI2SDQ(reg.R10, reg.X12, reg.X12)
	build.VBROADCASTSD(reg.X12, n)
	for half := range 2 {
		widen := func(v, to reg.VecPhysical) {
			switch {
			case half == 0 && m.parts == 1:
				build.VCVTPS2PD(v.AsY(), to)
			case half == 0:
				build.VCVTPS2PD(v.AsX(), to)
			case m.parts == 1:
				build.VEXTRACTF64X4(operand.U8(1), v, to.AsY())
				build.VCVTPS2PD(to.AsY(), to)
			default:
				build.VEXTRACTF128(operand.U8(1), v, to.AsX())
				build.VCVTPS2PD(to.AsX(), to)
			}
		}
		widen(sum, d)
		widen(square, d2)
		widen(pivot, p)
		to := sums
		to.Disp += half * m.bytes()
		z := m.v(13)
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
