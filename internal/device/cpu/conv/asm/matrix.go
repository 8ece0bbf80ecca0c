package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
