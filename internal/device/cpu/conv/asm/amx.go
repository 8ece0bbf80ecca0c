package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The instructions of AMX, which neither avo nor Go's assembler knows, are emitted as bytes. A tile register has 16
// rows of 64 bytes: of a factor, 16 pairs of bfloat16; of sums, 16 float32.

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
