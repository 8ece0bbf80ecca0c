package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The instructions of AVX512_BF16, which neither avo nor Go's assembler knows, are emitted as bytes.

// bfloat is AVX-512 whose products are of pairs of bfloat16.
var bfloat = machine{name: "BF16", wide: true, vectors: 32, parts: 1, lanes: lanes, bf16: true}

// dotPairs is acc.fp32[i] += Σ of the two products of the bfloat16 in w[i] and in x, a register or a number in memory
// that is broadcast.
func dotPairs(x operand.Op, w, acc reg.VecPhysical) {
	build.Commentf("VDPBF16PS %s, %s, %s", x.Asm(), w.Asm(), acc.Asm())
	evex(prefixF3, 0x52, acc, number(w), x)
}

// roundToBF16 rounds the sixteen float32 in x to bfloat16 in the lower half of x.
func roundToBF16(x reg.VecPhysical) {
	build.Commentf("VCVTNEPS2BF16 %s, %s", x.Asm(), x.AsY().Asm())
	evex(prefixF3, 0x72, x, 0, x)
}

// roundTwoToBF16 rounds the float32 in low to bfloat16 in the lower half of low, and those in high to its upper half.
func roundTwoToBF16(high, low reg.VecPhysical) {
	build.Commentf("VCVTNE2PS2BF16 %s, %s, %s", low.Asm(), high.Asm(), low.Asm())
	evex(prefixF2, 0x72, low, number(high), low)
}

// number returns a register's number in the encoding of instructions.
func number(r reg.Physical) int { return int(r.PhysicalIndex()) }

// The mandatory prefixes of instructions as they are encoded.
const (
	prefixNone = 0
	prefixF3   = 2
	prefixF2   = 3
)

// evex emits an instruction of 512 bits in the opcode map 0F 38: its operands are a register, another one (0 where
// there is none), and a register or a broadcast number at a distance from RSI.
func evex(prefix, opcode byte, r reg.VecPhysical, v int, rm operand.Op) {
	bit := func(n, i int) byte { return byte(^n>>i) & 1 } // registers are encoded inverted
	const address, direct = 0x80 | 6, 0xc0                // RSI with a distance of 32 bits; a register
	p0 := bit(number(r), 3)<<7 | bit(number(r), 4)<<4 | 2
	p2 := byte(2)<<5 | bit(v, 4)<<3
	modrm := byte(number(r)&7) << 3
	var disp []int
	switch x := rm.(type) {
	case reg.VecPhysical:
		p0 |= bit(number(x), 4)<<6 | bit(number(x), 3)<<5
		modrm |= direct | byte(number(x)&7)
	case operand.Mem:
		if x.Base != reg.RSI || x.Index != nil {
			panic(fmt.Sprintf("bf16: the operand %s is not at a distance from RSI", x.Asm()))
		}
		p0 |= 1<<6 | 1<<5
		p2 |= 1 << 4
		modrm |= address
		disp = []int{x.Disp}
	default:
		panic(fmt.Sprintf("bf16: operand %s", rm.Asm()))
	}
	p1 := byte(v^15)&15<<3 | 1<<2 | prefix
	emit("LONG", operand.U32(uint32(0x62)|uint32(p0)<<8|uint32(p1)<<16|uint32(p2)<<24))
	emit("WORD", operand.U16(uint16(opcode)|uint16(modrm)<<8))
	for _, d := range disp {
		emit("LONG", operand.U32(d))
	}
}

// emit emits bytes.
func emit(directive string, value operand.Op) {
	build.Instruction(&ir.Instruction{Opcode: directive, Operands: []operand.Op{value}})
}

// A form is how a transform stores its results.
type form int

const (
	floats    form = iota // as float32
	rounded               // rounded to bfloat16: sixteen numbers in 32 bytes
	firstHalf             // rounded: the first of each pair of bfloat16, beside zeros
	otherHalf             // rounded: the second of each pair, beside the first in memory
)

// put stores a vector, which is lost.
func (f form) put(x reg.VecPhysical, to operand.Mem) {
	if f != floats {
		roundToBF16(x)
	}
	y := x.AsY()
	switch f {
	case floats:
		build.VMOVUPS(x, to)
	case rounded:
		build.VMOVUPS(y, to)
	case firstHalf:
		build.VPMOVZXWD(y, x)
		build.VMOVUPS(x, to)
	case otherHalf:
		build.VPMOVZXWD(y, x)
		build.VPSLLD(operand.U8(16), x, x)
		build.VPORD(to, x, x)
		build.VMOVUPS(x, to)
	}
}

// loop generates a loop over `count` tiles: results are stored in the forms in turn, beginning with the second if
// `odd` is not 0, and the loop moves on in memory after the last.
func (t transform) loop(a reg.GPPhysical, name string, forms []form, body func(form), from, to func()) {
	label := func(i int) string { return fmt.Sprintf("tile%d_%s", i, name) }
	if len(forms) == 1 {
		build.Label("tile_" + name)
		body(forms[0])
		from()
		to()
		build.DECQ(reg.RCX)
		build.JNZ(operand.LabelRef("tile_" + name))
		return
	}
	build.CMPQ(field(a, transformOdd), operand.U8(0))
	build.JNE(operand.LabelRef(label(1)))
	build.Label(label(0))
	body(forms[0])
	from()
	build.DECQ(reg.RCX)
	build.JZ(operand.LabelRef("done_" + name))
	build.Label(label(1))
	body(forms[1])
	from()
	to()
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef(label(0)))
	build.Label("done_" + name)
}

// bfloats generates the kernels that multiply in bfloat16. Output and collect are those of AVX-512.
func bfloats(f *goFile) {
	multipliers(f, bfloat)
	for _, size := range []int{4, 2} {
		t := transform{bfloat, size}
		pairs := []form{firstHalf, otherHalf}
		t.input(fmt.Sprintf("winogradInput%dBF16", size), rounded)
		t.input(fmt.Sprintf("winogradInputPairs%dBF16", size), pairs...)
		t.weights(fmt.Sprintf("winogradWeights%dBF16", size), pairs...)
		t.spread(fmt.Sprintf("winogradSpread%dBF16", size), pairs...)
		for _, kind := range []string{"Input", "InputPairs", "Weights", "Spread"} {
			f.declare(fmt.Sprintf("winograd%s%dBF16", kind, size), "transformArgs")
		}
	}
	accumulate(bfloat, "accumulateBF16")
	f.declare("accumulateBF16", "accumulateArgs")
	for _, part := range []struct{ name, text string }{
		{"transformsBF16", "{winogradInput%[1]dBF16, winogradOutput%[1]dAVX512, winogradWeights%[1]dBF16, nil, nil}"},
		{
			"gradTransformsBF16",
			"{winogradInputPairs%[1]dBF16, nil, nil, winogradSpread%[1]dBF16, winogradCollect%[1]dAVX512}",
		},
	} {
		fmt.Fprintf(&f.tables, "var %s = [winogradSizes]transforms{\n", part.name)
		for _, size := range []int{4, 2} {
			fmt.Fprintf(&f.tables, "winograd%[1]d: "+part.text+",\n", size)
		}
		fmt.Fprint(&f.tables, "}\n\n")
	}
}
