// Command asm generates the amd64 kernels of package kernel, once for AVX-512 and once for AVX2 with FMA.
//
//	go run . -out ../kernel_amd64.s -stubs ../kernel_amd64.go -pkg kernel
package main

import (
	"math/bits"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// signature is the signature of all kernels. The parameters are explained in package kernel.
const signature = "func(out, a, b, c *float32, numbers *float32, sums *float64, rows, pixels int)"

// vector is the size of 16 floats: of the numbers of channels, and of what flat kernels take at once, in bytes.
const vector = 64

// An instructions is a way to hold the floats of a pixel of a blocked map: 16 in one register of AVX-512 or two of
// AVX2, or 8 in one of AVX2.
type instructions struct {
	name   string
	wide   bool // AVX-512
	halves int
	size   int // bytes of a register
}

var (
	sets = []instructions{{"AVX512", true, 1, 64}, {"AVX2", false, 2, 32}}
	half = instructions{"Half", false, 1, 32}
)

// pixel is the size of a pixel in bytes.
func (s instructions) pixel() int { return s.halves * s.size }

// pixelShift is the binary logarithm of that.
func (s instructions) pixelShift() uint64 { return uint64(bits.TrailingZeros(uint(s.pixel()))) }

func main() {
	for _, set := range append(sets[:len(sets):len(sets)], half) {
		for _, leaky := range []bool{false, true} {
			activate(set, leaky)
			gradSums(set, leaky)
			activateGrad(set, leaky)
		}
		add(set)
		moments(set)
		maxPool(set)
		maxPoolGrad(set)
		depthwise(set)
		depthwiseGrad(set)
		multiply(set, false)
		multiply(set, true)
		dots(set)
	}
	for _, set := range sets {
		adam(set)
		pixelSums(set)
		lossGrad(set)
		sigmoid(set)
		elu(set)
		eluGrad(set)
		silu(set)
		siluGrad(set)
	}
	build.Generate()
}

func (s instructions) vector() reg.VecVirtual {
	if s.wide {
		return build.ZMM()
	}
	return build.YMM()
}

func (s instructions) load(m operand.Mem) reg.VecVirtual {
	v := s.vector()
	build.VMOVUPS(m, v)
	return v
}

func (s instructions) zero() reg.VecVirtual {
	v := s.vector()
	if s.wide {
		build.VPXORQ(v, v, v)
	} else {
		build.VXORPS(v, v, v)
	}
	return v
}

// at returns the operand for half h of the pixel that is `pixels` after p.
func (s instructions) at(p operand.Mem, pixels, h int) operand.Mem {
	return p.Offset(pixels*s.pixel() + h*s.size)
}

// function starts a kernel and returns a function that loads its parameters.
func (s instructions) function(name string) func(parameter string) reg.GPVirtual {
	build.TEXT(name+s.name, build.NOSPLIT, signature)
	return func(parameter string) reg.GPVirtual {
		r := build.GP64()
		build.Load(build.Param(parameter), r)
		return r
	}
}

func memory(r reg.Register) operand.Mem { return operand.Mem{Base: r} }

// numbers loads vector i of the structure of channel numbers at p.
func (s instructions) numbers(p reg.Register, i int) (v [2]reg.VecVirtual) {
	for h := range s.halves {
		v[h] = s.load(s.number(p, i, h))
	}
	return v
}

// number returns the operand for half h of vector i of the structure of channel numbers at p.
func (s instructions) number(p reg.Register, i, h int) operand.Mem {
	return operand.Mem{Base: p, Disp: i*vector + h*s.size}
}

// loop runs body `count` times; it destroys count.
func loop(label string, count reg.GPVirtual, body func()) {
	build.Label(label)
	build.TESTQ(count, count)
	build.JZ(operand.LabelRef(label + "End"))
	body()
	build.DECQ(count)
	build.JMP(operand.LabelRef(label))
	build.Label(label + "End")
}

// A stream is an operand over which a kernel iterates, and how many of its pixels belong to one pixel of the kernel.
type stream struct {
	at    reg.GPVirtual
	scale int
}

// each iterates over all pixels of all rows, `unroll` at a time: body processes that many from the streams on.
// Streams are at the left border of a row before, and behind the right border after it; edge is called at both,
// rowEnd after each row.
func (s instructions) each(
	rows, pixels reg.GPVirtual, streams []stream, unroll int,
	edge func(), body func(pixels int), rowEnd ...func(),
) {
	advance := func(pixels int) {
		for _, x := range streams {
			build.ADDQ(operand.U32(uint32(pixels*x.scale*s.pixel())), x.at)
		}
	}
	border := func() {
		edge()
		for _, x := range streams {
			build.ADDQ(operand.Imm(uint64(s.pixel())), x.at)
		}
	}
	loop("row", rows, func() {
		border()
		left := build.GP64()
		build.MOVQ(pixels, left)
		if unroll > 1 {
			build.Label("many")
			build.CMPQ(left, operand.Imm(uint64(unroll)))
			build.JL(operand.LabelRef("manyEnd"))
			body(unroll)
			advance(unroll)
			build.SUBQ(operand.Imm(uint64(unroll)), left)
			build.JMP(operand.LabelRef("many"))
			build.Label("manyEnd")
		}
		loop("one", left, func() {
			body(1)
			advance(1)
		})
		for _, end := range rowEnd {
			end()
		}
		border()
	})
}
