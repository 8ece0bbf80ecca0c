package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels that round pixels or weights to the factors of products of matrices, and those that move them.

// Fields of the Go structure roundArgs.
const (
	roundFrom = iota
	roundOther
	roundTo
	roundOrder
	roundFromStep
	roundToStep
	roundCount
)

// fetchDistance is the distance in bytes from the pixels that are read to those that are prefetched: a processor's own
// prefetching stops at the end of a page.
const fetchDistance = 1024

// fetch prefetches some pixels.
func fetch(from reg.GPPhysical, pixels int) {
	for i := range pixels {
		build.PREFETCHT0(operand.Mem{Base: from, Disp: fetchDistance + i*pixel})
	}
}

// roundRegisters are the registers of these fields, in their order.
var roundRegisters = []reg.GPPhysical{reg.RSI, reg.RDX, reg.RAX, reg.RBX, reg.R8, reg.R9, reg.RCX}

// arguments loads some fields into their registers.
func arguments(a reg.GPPhysical, fields ...int) {
	for _, i := range fields {
		build.MOVQ(field(a, i), roundRegisters[i])
	}
}

// alternate copies two runs of pixels in turn.
func alternate(name string) {
	a := begin(name)
	arguments(a, roundFrom, roundOther, roundTo, roundCount)
	build.Label("pixel_" + name)
	for i, from := range []reg.GPPhysical{reg.RSI, reg.RDX} {
		build.VMOVUPS(operand.Mem{Base: from}, reg.Z0)
		build.VMOVUPS(reg.Z0, operand.Mem{Base: reg.RAX, Disp: i * pixel})
		build.ADDQ(operand.U32(pixel), from)
	}
	build.ADDQ(operand.U32(2*pixel), reg.RAX)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef("pixel_" + name))
	end()
}

// roundPlanes rounds the pixels of a plane, and of another one if there is one, to pixels of 32 channels.
func roundPlanes(name string) {
	a := begin(name)
	arguments(a, roundFrom, roundOther, roundTo, roundFromStep, roundCount)
	low, high := reg.Z0, reg.Z1
	build.VPXORD(high, high, high)
	for _, two := range []bool{true, false} {
		if two {
			build.TESTQ(reg.RDX, reg.RDX)
			build.JEQ(operand.LabelRef("single_" + name))
		} else {
			build.Label("single_" + name)
		}
		loop := fmt.Sprintf("pixel%v_%s", two, name)
		build.Label(loop)
		build.VMOVUPS(operand.Mem{Base: reg.RSI}, low)
		fetch(reg.RSI, 1)
		if two {
			build.VMOVUPS(operand.Mem{Base: reg.RDX}, high)
			fetch(reg.RDX, 1)
			build.ADDQ(reg.R8, reg.RDX)
		}
		roundTwoToBF16(high, low)
		build.VMOVUPS(low, operand.Mem{Base: reg.RAX})
		build.ADDQ(reg.R8, reg.RSI)
		build.ADDQ(operand.U32(64), reg.RAX)
		build.DECQ(reg.RCX)
		build.JNZ(operand.LabelRef(loop))
		end()
	}
}

// loadPair loads two pixels, or vectors of weights, as sixteen pairs of bfloat16: [16 channels][2].
func loadPair(first, second operand.Mem, to, spare, order reg.VecPhysical) {
	build.VMOVUPS(first, to)
	build.VMOVUPS(second, spare)
	roundTwoToBF16(spare, to)
	build.VPERMW(to, order, to)
}

// interleave rounds pairs of vectors to [16][2].
func interleave(name string) {
	a := begin(name)
	arguments(a, roundFrom, roundOther, roundTo, roundFromStep, roundToStep, roundCount, roundOrder)
	build.VMOVDQU16(operand.Mem{Base: reg.RBX}, reg.Z2)
	build.Label("pair_" + name)
	loadPair(operand.Mem{Base: reg.RSI}, operand.Mem{Base: reg.RDX}, reg.Z0, reg.Z1, reg.Z2)
	build.VMOVUPS(reg.Z0, operand.Mem{Base: reg.RAX})
	build.ADDQ(reg.R8, reg.RSI)
	build.ADDQ(reg.R8, reg.RDX)
	build.ADDQ(reg.R9, reg.RAX)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef("pair_" + name))
	end()
}

// pairs rounds pixels to pairs that begin at even ones, [16][2], and behind the first one to pairs that begin at odd
// ones: the second of a pair and the first of the next.
func pairs(name string) {
	a := begin(name)
	arguments(a, roundFrom, roundTo, roundToStep, roundCount, roundOrder)
	build.VMOVDQU16(operand.Mem{Base: reg.RBX}, reg.Z2)
	load := func(to reg.VecPhysical) {
		loadPair(operand.Mem{Base: reg.RSI}, operand.Mem{Base: reg.RSI, Disp: pixel}, to, reg.Z1, reg.Z2)
		build.VMOVUPS(to, operand.Mem{Base: reg.RAX})
		fetch(reg.RSI, 2)
		build.ADDQ(operand.U32(2*pixel), reg.RSI)
	}
	load(reg.Z0)
	build.DECQ(reg.RCX)
	build.JZ(operand.LabelRef("done_" + name))
	build.Label("pair_" + name)
	build.MOVQ(reg.RAX, reg.RDX)
	build.ADDQ(operand.U32(64), reg.RAX)
	load(reg.Z3)
	build.VPSRLD(operand.U8(16), reg.Z0, reg.Z0)
	build.VPSLLD(operand.U8(16), reg.Z3, reg.Z4)
	build.VPORD(reg.Z4, reg.Z0, reg.Z0)
	build.VMOVUPS(reg.Z0, operand.Mem{Base: reg.RDX, Index: reg.R9, Scale: 1})
	build.VMOVDQA64(reg.Z3, reg.Z0)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef("pair_" + name))
	build.Label("done_" + name)
	end()
}

// transposePixels rounds blocks of 32 pixels to 16 rows, one for each channel, of 32 bfloat16.
func transposePixels(name string) {
	a := begin(name)
	arguments(a, roundFrom, roundTo, roundToStep, roundCount, roundOrder)
	order := bfloat.v(31)
	build.VMOVDQU16(operand.Mem{Base: reg.RBX}, order)
	build.Label("block_" + name)
	rows := make([]reg.VecPhysical, lanes)
	fetch(reg.RSI, 2*lanes)
	for i := range rows {
		rows[i] = bfloat.v(i)
		loadPair(operand.Mem{Base: reg.RSI, Disp: 2 * i * pixel}, operand.Mem{Base: reg.RSI, Disp: (2*i + 1) * pixel},
			rows[i], bfloat.v(16+i%4), order)
	}
	// In each of four steps, halves of pairs of rows are exchanged: of the row's numbers, of pairs of these, and so on.
	other := make([]reg.VecPhysical, lanes)
	for i := range other {
		other[i] = bfloat.v(16 + i)
	}
	other[15] = order               // loaded again for the next block
	for i := 0; i < lanes; i += 2 { // rows i and i+1: numbers of rows alternate
		build.VPUNPCKLDQ(rows[i+1], rows[i], other[i])
		build.VPUNPCKHDQ(rows[i+1], rows[i], other[i+1])
	}
	for i := 0; i < lanes; i += 4 {
		build.VPUNPCKLQDQ(other[i+2], other[i], rows[i])
		build.VPUNPCKHQDQ(other[i+2], other[i], rows[i+1])
		build.VPUNPCKLQDQ(other[i+3], other[i+1], rows[i+2])
		build.VPUNPCKHQDQ(other[i+3], other[i+1], rows[i+3])
	}
	// Row 4i+j now holds channels j, 4+j, 8+j and 12+j of the pairs 4i to 4i+3, 128 bits each.
	for j := range 4 {
		build.VSHUFI32X4(operand.U8(0x44), rows[4+j], rows[j], other[j])      // channels j and 4+j of pairs 0 to 7
		build.VSHUFI32X4(operand.U8(0xee), rows[4+j], rows[j], other[4+j])    // channels 8+j and 12+j
		build.VSHUFI32X4(operand.U8(0x44), rows[12+j], rows[8+j], other[8+j]) // of pairs 8 to 15
		build.VSHUFI32X4(operand.U8(0xee), rows[12+j], rows[8+j], other[12+j])
	}
	for j := range 4 {
		build.VSHUFI32X4(operand.U8(0x88), other[8+j], other[j], rows[j])
		build.VSHUFI32X4(operand.U8(0xdd), other[8+j], other[j], rows[4+j])
		build.VSHUFI32X4(operand.U8(0x88), other[12+j], other[4+j], rows[8+j])
		build.VSHUFI32X4(operand.U8(0xdd), other[12+j], other[4+j], rows[12+j])
	}
	build.VMOVDQU16(operand.Mem{Base: reg.RBX}, order)
	build.MOVQ(reg.RAX, reg.R10)
	for i := range rows {
		build.VMOVUPS(rows[i], operand.Mem{Base: reg.R10})
		if i+1 < lanes {
			build.ADDQ(reg.R9, reg.R10)
		}
	}
	build.ADDQ(operand.U32(32*pixel), reg.RSI)
	build.ADDQ(operand.U32(64), reg.RAX)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef("block_" + name))
	end()
}
