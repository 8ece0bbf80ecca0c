package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes is the number of channels of a pixel in memory, whatever the width of the registers.
const (
	lanes = 16
	half  = 8         // of a map of few channels
	pixel = 4 * lanes // bytes
)

// A machine is a vector instruction set and a block size of the output.
type machine struct {
	name    string // suffix of function names
	wide    bool   // AVX-512
	vectors int    // vector registers
	parts   int    // vectors for a block of channels
	lanes   int    // channels of a block
	bf16    bool   // products of pairs of bfloat16, with sums in float32
}

var (
	avx512 = machine{name: "AVX512", wide: true, vectors: 32, parts: 1, lanes: lanes}
	avx2   = machine{name: "AVX2", vectors: 16, parts: 2, lanes: lanes}
	// Blocks of eight channels take one vector of AVX2, with twice as many registers where there is AVX-512.
	half512 = machine{name: "HalfAVX512", wide: true, vectors: 32, parts: 1, lanes: half}
	half2   = machine{name: "HalfAVX2", vectors: 16, parts: 1, lanes: half}
)

// pixel returns the size of a block in bytes.
func (m machine) pixel() int { return 4 * m.lanes }

// bytes returns the width of a vector.
func (m machine) bytes() int { return m.pixel() / m.parts }

// v returns vector register i.
func (m machine) v(i int) reg.VecPhysical {
	if m.wide && m.lanes == lanes {
		return []reg.VecPhysical{
			reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
			reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
			reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
			reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
		}[i]
	}
	return []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
		reg.Y16, reg.Y17, reg.Y18, reg.Y19, reg.Y20, reg.Y21, reg.Y22, reg.Y23, // of AVX-512
		reg.Y24, reg.Y25, reg.Y26, reg.Y27, reg.Y28, reg.Y29, reg.Y30, reg.Y31,
	}[i]
}

// zero clears a vector register.
func (m machine) zero(r reg.VecPhysical) {
	if m.wide {
		build.VPXORD(r, r, r)
	} else {
		build.VXORPS(r, r, r)
	}
}

// fmaBroadcast is acc += w · the number at x in all lanes; the number is broadcast into spare if the machine has no
// embedded broadcast.
func (m machine) fmaBroadcast(x operand.Mem, w, acc, spare reg.VecPhysical) {
	if m.bf16 {
		dotPairs(x, w, acc)
		return
	}
	if m.wide {
		build.VFMADD231PS_BCST(x, w, acc)
		return
	}
	build.VBROADCASTSS(x, spare)
	build.VFMADD231PS(spare, w, acc)
}

// fma is acc += w · x.
func (m machine) fma(x, w, acc reg.VecPhysical) {
	if m.bf16 {
		dotPairs(x, w, acc)
		return
	}
	build.VFMADD231PS(x, w, acc)
}

// begin starts a function that takes one pointer to an argument structure, and returns the register that holds the
// pointer.
func begin(name string) reg.GPPhysical {
	build.TEXT(name, build.NOSPLIT, "func(a *byte)")
	build.Load(build.Param("a"), reg.RDI)
	return reg.RDI
}

// end ends the function.
func end() {
	build.VZEROUPPER()
	build.RET()
}

// field returns the operand for the i-th word of the argument structure.
func field(a reg.GPPhysical, i int) operand.Mem { return operand.Mem{Base: a, Disp: 8 * i} }
