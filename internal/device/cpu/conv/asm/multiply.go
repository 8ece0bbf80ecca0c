package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of the Go structure multiplyArgs.
const (
	multiplyV = iota
	multiplyU
	multiplyM
	multiplyVPlane
	multiplyVPosition
	multiplyMBlock
	multiplyMPosition
	multiplyPlanes
	multiplyLanes
	multiplyPositions
	multiplyTiles
	multiplyFirst
	multiplySecond
	multiplyAhead
	multiplyLength
	multiplyRows
	multiplyFirstPitch
	multiplySecondPitch
)

// multipliers generates the kernels that multiply transformed tiles by weights: at each position a matrix product
// over the channels. With bfloat16, a lane is a pair of channels.
func multipliers(f *goFile, m machine) {
	sizes := []shape{{1, 1, 12}, {1, 1, 24}, {2, 1, 12}}
	steps := []int{lanes, half}
	switch {
	case m == half512:
		sizes = sizes[:2] // there is only one block
	case m == half2:
		sizes = sizes[:1]
	case m.parts == 2:
		sizes = []shape{{1, 1, 6}}
	case m.bf16:
		steps = steps[:1]
	}
	fmt.Fprintf(&f.tables, "var multipliers%s = []multiplier{\n", m.name)
	for _, from := range steps {
		step, suffix := 4*from, ""
		if from == half {
			suffix = "From8"
		}
		if m.bf16 {
			step /= 2
		}
		for _, s := range sizes {
			name := fmt.Sprintf("multiply%s%dx%d%s", suffix, s.blocks, s.cols, m.name)
			multiply(tile{machine: m, family: family{taps: 1, step: step, skip: 1, out: m.pixel()}, shape: s}, name)
			f.declare(name, "multiplyArgs")
			fmt.Fprintf(&f.tables, "{%d, %d, %d, %s},\n", from, s.blocks, s.cols, name)
		}
	}
	fmt.Fprint(&f.tables, "}\n\n")
}

func multiply(t tile, name string) {
	a := begin(name)
	label := func(s string) operand.LabelRef { return operand.LabelRef(s + "_" + name) }
	x, w := reg.RSI, reg.RDX
	unit := min(t.step, t.pixel())
	build.MOVQ(field(a, multiplyU), reg.R8)
	build.MOVQ(field(a, multiplyV), reg.R9)
	build.MOVQ(field(a, multiplyM), reg.R10)
	build.MOVQ(field(a, multiplyPositions), reg.R11)
	build.MOVQ(field(a, multiplyLanes), reg.RAX)
	build.SHLQ(operand.U8(2), reg.RAX)
	build.MOVQ(field(a, multiplyVPlane), reg.R15)
	build.SUBQ(reg.RAX, reg.R15) // from the last channel of a plane to the next plane

	build.Label("position_" + name)
	build.XORQ(reg.R12, reg.R12) // distance of the tiles from the first, of transformed tiles or of products
	build.MOVQ(field(a, multiplyTiles), reg.R13)
	build.Label("tiles_" + name)
	fetchAhead(a, name)
	build.LEAQ(operand.Mem{Base: reg.R9, Index: reg.R12, Scale: uint8(t.step / unit)}, x)
	build.MOVQ(reg.R8, w)
	for i := range t.accs() {
		t.zero(t.v(i))
	}
	build.MOVQ(field(a, multiplyPlanes), reg.RBX)
	build.Label("plane_" + name)
	build.MOVQ(field(a, multiplyLanes), reg.RCX)
	build.Label("lane_" + name)
	t.body(x, w)
	build.ADDQ(operand.U32(4), x)
	build.ADDQ(operand.U32(t.blocks*t.pixel()), w)
	build.DECQ(reg.RCX)
	build.JNZ(label("lane"))
	build.ADDQ(reg.R15, x)
	build.DECQ(reg.RBX)
	build.JNZ(label("plane"))

	build.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R12, Scale: uint8(t.pixel() / unit)}, reg.RAX)
	for b := range t.blocks {
		for c := range t.cols {
			for h := range t.parts {
				build.VMOVUPS(t.acc(0, c, b, h), operand.Mem{Base: reg.RAX, Disp: c*t.pixel() + h*t.bytes()})
			}
		}
		if b+1 < t.blocks {
			build.ADDQ(field(a, multiplyMBlock), reg.RAX)
		}
	}
	build.ADDQ(operand.U32(t.cols*unit), reg.R12)
	build.DECQ(reg.R13)
	build.JNZ(label("tiles"))
	build.MOVQ(w, reg.R8) // the weights of the next position are next in memory
	build.ADDQ(field(a, multiplyVPosition), reg.R9)
	build.ADDQ(field(a, multiplyMPosition), reg.R10)
	build.DECQ(reg.R11)
	build.JNZ(label("position"))
	end()
}

// fetchAhead prefetches a few cache lines that are used after the products: from two places, the last line of a row
// first, as long as there are bytes ahead, then of the next row.
func fetchAhead(a reg.GPPhysical, name string) {
	const lines = 6
	label := func(s string) operand.LabelRef { return operand.LabelRef(s + "_" + name) }
	build.MOVQ(field(a, multiplyAhead), reg.RAX)
	build.SUBQ(operand.U32(lines*64), reg.RAX)
	build.JGE(label("ahead"))
	build.CMPQ(field(a, multiplyRows), operand.U8(1))
	build.JLE(label("fetched"))
	build.DECQ(field(a, multiplyRows))
	for _, c := range [][2]int{{multiplyFirst, multiplyFirstPitch}, {multiplySecond, multiplySecondPitch}} {
		build.MOVQ(field(a, c[1]), reg.RBX)
		build.ADDQ(reg.RBX, field(a, c[0]))
	}
	build.MOVQ(field(a, multiplyLength), reg.RAX)
	build.SUBQ(operand.U32(lines*64), reg.RAX)
	build.Label("ahead_" + name)
	build.MOVQ(reg.RAX, field(a, multiplyAhead))
	for _, place := range []int{multiplyFirst, multiplySecond} {
		build.MOVQ(field(a, place), reg.RBX)
		for i := range lines {
			build.PREFETCHT1(operand.Mem{Base: reg.RBX, Index: reg.RAX, Scale: 1, Disp: 64 * i})
		}
	}
	build.Label("fetched_" + name)
}
