package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of AMX, whose instructions are emitted as bytes. A tile register has 16 rows of 64 bytes: of a factor, 16
// pairs of bfloat16; of sums, 16 float32.

// tileBytes is the size of a tile, and tilePixels the number of its rows.
const (
	tilePixels = 16
	tileBytes  = tilePixels * 64
)

// A tileRegister is TMM0 to TMM7.
type tileRegister byte

// vex emits an AMX instruction in the opcode map 0F 38 without an address: its operands are the numbers in the fields
// reg, rm and vvvv of the encoding.
func vex(prefix, opcode byte, r, rm, v tileRegister) {
	p1 := (byte(v)^15)<<3 | prefix
	emit("LONG", operand.U32(uint32(0xc4)|0xe2<<8|uint32(p1)<<16|uint32(opcode)<<24))
	emit("BYTE", operand.U8(0xc0|byte(r)<<3|byte(rm)))
}

// vexAt emits an AMX instruction with a tile register and an address; rows of a tile are R14 bytes apart.
func vexAt(prefix, opcode byte, r tileRegister, at operand.Mem) {
	const index = 14
	base := number(at.Base.(reg.Physical))
	p0 := byte(0x82)            // R is not extended; the map is 0F 38
	p0 |= byte(^base>>3&1) << 5 // registers are encoded inverted; the index is one of the upper eight
	emit("LONG", operand.U32(uint32(0xc4)|uint32(p0)<<8|uint32(15<<3|prefix)<<16|uint32(opcode)<<24))
	emit("WORD", operand.U16(uint16(0x80|byte(r)<<3|4)|uint16(index&7<<3|base&7)<<8))
	emit("LONG", operand.U32(at.Disp))
}

func loadTile(at operand.Mem, to tileRegister) {
	build.Commentf("TILELOADD %s(R14*1), TMM%d", at.Asm(), to)
	vexAt(prefixF2, 0x4b, to, at)
}

func storeTile(from tileRegister, at operand.Mem) {
	build.Commentf("TILESTORED TMM%d, %s(R14*1)", from, at.Asm())
	vexAt(prefixF3, 0x4b, from, at)
}

func zeroTile(t tileRegister) {
	build.Commentf("TILEZERO TMM%d", t)
	vex(prefixF2, 0x49, t, 0, 0)
}

// dotTiles is acc[i][j] += Σ over k of the two products of the bfloat16 in a[i][k] and b[k][j].
func dotTiles(a, b, acc tileRegister) {
	build.Commentf("TDPBF16PS TMM%d, TMM%d, TMM%d", b, a, acc)
	vex(prefixF3, 0x5c, acc, a, b)
}

// configureTiles makes all tiles of full size, as described at the address in the i-th word of the arguments.
func configureTiles(a reg.GPPhysical, i int) {
	build.MOVQ(field(a, i), reg.RAX)
	build.Comment("LDTILECFG (AX)")
	emit("LONG", operand.U32(0x4978e2c4))
	emit("BYTE", operand.U8(0))
	build.MOVQ(operand.U32(64), reg.R14)
}

// endTiles ends a function that used tiles.
func endTiles() {
	build.Comment("TILERELEASE")
	emit("LONG", operand.U32(0x4978e2c4))
	emit("BYTE", operand.U8(0xc0))
	build.RET()
}

// Fields of the Go structure matrixArgs.
const (
	matrixX = iota
	matrixW
	matrixZ
	matrixAddend
	matrixLast
	matrixLastAddend
	matrixConfig
	matrixXGroup
	matrixXRow
	matrixZBlock
	matrixAddendBlock
	matrixLastBlock
	matrixLastAddendBlock
	matrixGroups
	matrixTapRows
	matrixCount
)

func matrices(f *goFile) {
	fmt.Fprint(&f.tables, "var multipliersAMX = []matrixMultiplier{\n")
	for _, taps := range []int{3, 1} {
		for blocks, most := range []int{1: 4, 2: 3} {
			for tiles := 1; tiles <= most; tiles++ {
				name := fmt.Sprintf("matrixMultiply%dx%dx%d", taps, blocks, tiles)
				matrixProducts(taps, blocks, tiles, name)
				f.declare(name, "matrixArgs")
				fmt.Fprintf(&f.tables, "{%d, %d, %d, %s},\n", taps, blocks, tiles, name)
			}
		}
	}
	fmt.Fprint(&f.tables, "}\n\nvar gradientsAMX = []matrixGradient{\n")
	for _, passes := range [][][]int{{{0, 1, 2, 3, 4, 5}, {6, 7, 8}}, {{0, 1, 2, 3}}, {{0}}} {
		last := passes[len(passes)-1]
		taps := last[len(last)-1] + 1
		name := fmt.Sprintf("matrixGradient%d", taps)
		matrixGradient(passes, name)
		f.declare(name, "matrixGradArgs")
		fmt.Fprintf(&f.tables, "{%d, %s},\n", taps, name)
	}
	fmt.Fprint(&f.tables, "}\n\n")
	alternate("matrixAlternate")
	roundPlanes("matrixRound")
	interleave("matrixInterleave")
	pairs("matrixPairs")
	transposePixels("matrixTranspose")
	for _, name := range []string{"matrixRound", "matrixAlternate", "matrixInterleave", "matrixPairs", "matrixTranspose"} {
		f.declare(name, "roundArgs")
	}
}

// matrixProducts generates a direct convolution, with some taps in a row, of runs of `tiles` times 16 pixels to some
// output blocks.
func matrixProducts(taps, blocks, tiles int, name string) {
	a := begin(name)
	label := func(s string) string { return s + "_" + name }
	configureTiles(a, matrixConfig)
	x, w, z, addend := reg.R8, reg.R9, reg.R10, reg.R12
	build.MOVQ(field(a, matrixX), x)
	build.MOVQ(field(a, matrixZ), z)
	build.MOVQ(field(a, matrixAddend), addend)
	build.MOVQ(field(a, matrixCount), reg.R13)
	acc := func(t, b int) tileRegister { return tileRegister(t*blocks + b) }
	build.XORQ(reg.R15, reg.R15) // distance of a run from the first
	// outputs visits the sums of a run, which are in two places: those of the last tile, and the others.
	outputs := func(first reg.GPPhysical, block, last, lastBlock int, do func(tileRegister, operand.Mem)) {
		build.MOVQ(first, reg.R11)
		build.MOVQ(field(a, last), reg.RDX)
		build.ADDQ(reg.R15, reg.RDX)
		for b := range blocks {
			for t := range tiles - 1 {
				do(acc(t, b), operand.Mem{Base: reg.R11, Disp: t * tileBytes})
			}
			do(acc(tiles-1, b), operand.Mem{Base: reg.RDX})
			if b+1 < blocks {
				build.ADDQ(field(a, block), reg.R11)
				build.ADDQ(field(a, lastBlock), reg.RDX)
			}
		}
		build.ADDQ(operand.U32(tiles*tileBytes), first)
	}

	build.Label(label("run"))
	build.TESTQ(addend, addend)
	build.JEQ(operand.LabelRef(label("zero")))
	outputs(addend, matrixAddendBlock, matrixLastAddend, matrixLastAddendBlock,
		func(t tileRegister, at operand.Mem) { loadTile(at, t) })
	build.JMP(operand.LabelRef(label("start")))
	build.Label(label("zero"))
	for i := range tiles * blocks {
		zeroTile(tileRegister(i))
	}
	build.MOVQ(z, reg.RAX) // the sums' place is fetched during the products
	for b := range blocks {
		for i := range tiles * tilePixels {
			build.PREFETCHT0(operand.Mem{Base: reg.RAX, Disp: i * pixel})
		}
		if b+1 < blocks {
			build.ADDQ(field(a, matrixZBlock), reg.RAX)
		}
	}
	build.Label(label("start"))
	build.MOVQ(field(a, matrixW), w)
	build.MOVQ(x, reg.RSI)
	build.MOVQ(field(a, matrixGroups), reg.RBX)
	build.Label(label("group"))
	build.MOVQ(reg.RSI, reg.RAX)
	build.MOVQ(field(a, matrixTapRows), reg.RCX)
	build.Label(label("row"))
	for v := range taps {
		pixels := func(t int) operand.Mem { return operand.Mem{Base: reg.RAX, Disp: v*64 + t*tileBytes} }
		weights := func(b int) operand.Mem { return operand.Mem{Base: w, Disp: (v*blocks + b) * tileBytes} }
		tapProducts(blocks, tiles, acc, pixels, weights)
	}
	build.ADDQ(field(a, matrixXRow), reg.RAX)
	build.ADDQ(operand.U32(taps*blocks*tileBytes), w)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef(label("row")))
	build.ADDQ(field(a, matrixXGroup), reg.RSI)
	build.DECQ(reg.RBX)
	build.JNZ(operand.LabelRef(label("group")))
	outputs(z, matrixZBlock, matrixLast, matrixLastBlock, storeTile)
	build.ADDQ(operand.U32(tiles*tileBytes), x)
	build.ADDQ(operand.U32(tiles*tileBytes), reg.R15)
	build.DECQ(reg.R13)
	build.JNZ(operand.LabelRef(label("run")))
	endTiles()
}

// tapProducts adds the products of tiles of pixels with tiles of weights. With room for them, weights of all blocks are
// kept while tiles of pixels are loaded once; otherwise pixels are loaded for each block.
func tapProducts(
	blocks, tiles int, acc func(t, b int) tileRegister, pixels, weights func(int) operand.Mem,
) {
	free := tileRegister(blocks * tiles)
	if int(free)+blocks+1 <= 8 {
		first := free + tileRegister(blocks)
		for b := range blocks {
			loadTile(weights(b), free+tileRegister(b))
		}
		for t := range tiles {
			x := first + tileRegister(t)%(8-first)
			loadTile(pixels(t), x)
			for b := range blocks {
				dotTiles(x, free+tileRegister(b), acc(t, b))
			}
		}
		return
	}
	for b := range blocks {
		loadTile(weights(b), free)
		for t := range tiles {
			loadTile(pixels(t), free+1)
			dotTiles(free+1, free, acc(t, b))
		}
	}
}

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

// fetchDistance is how many bytes before they are read pixels are prefetched, because a processor's own prefetching
// stops at the end of a page.
const fetchDistance = 1024

// fetch prefetches some pixels.
func fetch(from reg.GPPhysical, pixels int) {
	for i := range pixels {
		build.PREFETCHT0(operand.Mem{Base: from, Disp: fetchDistance + i*pixel})
	}
}

// alternate copies two runs of pixels in turn.
func alternate(name string) {
	a := begin(name)
	build.MOVQ(field(a, roundFrom), reg.RSI)
	build.MOVQ(field(a, roundOther), reg.RDX)
	build.MOVQ(field(a, roundTo), reg.RAX)
	build.MOVQ(field(a, roundCount), reg.RCX)
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
	build.MOVQ(field(a, roundFrom), reg.RSI)
	build.MOVQ(field(a, roundOther), reg.RDX)
	build.MOVQ(field(a, roundTo), reg.RAX)
	build.MOVQ(field(a, roundFromStep), reg.R8)
	build.MOVQ(field(a, roundCount), reg.RCX)
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
	build.MOVQ(field(a, roundFrom), reg.RSI)
	build.MOVQ(field(a, roundOther), reg.RDX)
	build.MOVQ(field(a, roundTo), reg.RAX)
	build.MOVQ(field(a, roundFromStep), reg.R8)
	build.MOVQ(field(a, roundToStep), reg.R9)
	build.MOVQ(field(a, roundCount), reg.RCX)
	build.MOVQ(field(a, roundOrder), reg.RBX)
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
	build.MOVQ(field(a, roundFrom), reg.RSI)
	build.MOVQ(field(a, roundTo), reg.RAX)
	build.MOVQ(field(a, roundToStep), reg.R9)
	build.MOVQ(field(a, roundCount), reg.RCX)
	build.MOVQ(field(a, roundOrder), reg.RBX)
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
	build.MOVQ(field(a, roundFrom), reg.RSI)
	build.MOVQ(field(a, roundTo), reg.RAX)
	build.MOVQ(field(a, roundToStep), reg.R9)
	build.MOVQ(field(a, roundCount), reg.RCX)
	build.MOVQ(field(a, roundOrder), reg.RBX)
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

// Fields of the Go structure matrixGradArgs.
const (
	matrixGradX = iota
	matrixGradDZ
	matrixGradSums
	matrixGradConfig
	matrixGradXStep
	matrixGradTaps  // three distances for each of three rows of taps
	matrixGradSteps = matrixGradTaps + 9
	matrixGradAdd   = matrixGradSteps + 1
)

// matrixGradient generates the weight gradient between a block of x, 16 rows of pixels, and one of dz, pairs of
// pixels: for each tap the products of 32 pixels a step. There are several passes over the pixels; the taps of one
// share those of x.
func matrixGradient(passes [][]int, name string) {
	a := begin(name)
	label := func(s string) string { return s + "_" + name }
	configureTiles(a, matrixGradConfig)
	build.MOVQ(field(a, matrixGradXStep), reg.R8)
	build.MOVQ(field(a, matrixGradSums), reg.R10)
	const x, dz = 6, 7
	for _, taps := range passes {
		sums := func(do func(tileRegister, operand.Mem)) {
			for i, tap := range taps {
				do(tileRegister(i), operand.Mem{Base: reg.R10, Disp: tap * tileBytes})
			}
		}
		part := fmt.Sprint(taps[0])
		zero, start, step := label("zero"+part), label("start"+part), label("step"+part)
		build.CMPQ(field(a, matrixGradAdd), operand.U8(0))
		build.JEQ(operand.LabelRef(zero))
		sums(func(t tileRegister, at operand.Mem) { loadTile(at, t) })
		build.JMP(operand.LabelRef(start))
		build.Label(zero)
		for i := range taps {
			zeroTile(tileRegister(i))
		}
		build.Label(start)
		build.MOVQ(field(a, matrixGradX), reg.RSI)
		at := []reg.GPPhysical{reg.RDX, reg.RBX, reg.R11, reg.R12, reg.R13, reg.R15}
		for i, tap := range taps {
			build.MOVQ(field(a, matrixGradDZ), at[i])
			build.ADDQ(field(a, matrixGradTaps+tap), at[i])
		}
		build.MOVQ(field(a, matrixGradSteps), reg.RCX)
		build.Label(step)
		build.MOVQ(reg.R8, reg.R14) // rows of x are R8 bytes apart
		loadTile(operand.Mem{Base: reg.RSI}, x)
		build.MOVQ(operand.U32(64), reg.R14)
		for i := range taps {
			loadTile(operand.Mem{Base: at[i]}, dz)
			dotTiles(x, dz, tileRegister(i))
			build.ADDQ(operand.U32(tileBytes), at[i])
		}
		build.ADDQ(operand.U32(64), reg.RSI)
		build.DECQ(reg.RCX)
		build.JNZ(operand.LabelRef(step))
		sums(storeTile)
	}
	endTiles()
}
