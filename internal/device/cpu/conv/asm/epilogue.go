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
		build.MOVQ(operand.U32(sumRun), reg.RBX)
		build.CMPQ(reg.RCX, reg.RBX)
		build.CMOVQLT(reg.RCX, reg.RBX)
		build.SUBQ(reg.RBX, reg.RCX)

		build.Label(label("pixel"))
		build.VADDPS(at(z), bias, z32)
		build.VMOVUPS(z32, at(z))
		build.VADDPS(z32, sum, sum)
		build.VFMADD231PS(z32, z32, square)
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
		for i, s := range []reg.VecPhysical{sum, square} {
			addDouble(m, s, operand.Mem{Base: sums, Disp: 8 * (i*lanes + h*m.bytes()/4)})
		}
		build.Label(label("unsummed"))
		build.TESTQ(reg.RCX, reg.RCX)
		build.JNZ(jump("run"))
	}
	end()
}

// addDouble adds the numbers of a vector to as many float64.
func addDouble(m machine, v reg.VecPhysical, to operand.Mem) {
	low, high := m.v(7), m.v(8)
	next := to
	next.Disp += m.bytes()
	if m.parts == 1 {
		build.VEXTRACTF64X4(operand.U8(1), v, high.AsY())
		build.VCVTPS2PD(v.AsY(), low)
		build.VCVTPS2PD(high.AsY(), high)
	} else {
		build.VEXTRACTF128(operand.U8(1), v, high.AsX())
		build.VCVTPS2PD(v.AsX(), low)
		build.VCVTPS2PD(high.AsX(), high)
	}
	build.VADDPD(to, low, low)
	build.VMOVUPD(low, to)
	build.VADDPD(next, high, high)
	build.VMOVUPD(high, next)
}
