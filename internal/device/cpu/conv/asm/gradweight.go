package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of the Go structure gradArgs.
const (
	gradX = iota
	gradDZ
	gradSum
	gradXRow
	gradDZRow
	gradXTap
	gradDZTap
	gradRows
	gradCols
	gradLanes
	gradTapRows
)

// A gradient is one kind of weight gradient: outer products of 16 output channels with single input channels.
type gradient struct {
	machine
	name    string
	taps    int // taps along a row, on the side of x
	dzTaps  int // taps along a row, on the side of dz
	group   int // input channels at a time
	unrolls []int
	in      int // channels of a pixel of x
}

func gradWeights(f *goFile) {
	for _, machines := range [][]machine{{avx512, half512}, {avx2, half2}} {
		fmt.Fprintf(&f.tables, "var grads%s = []gradKernel{\n", machines[0].name)
		for _, m := range machines {
			gradsOf(f, m)
		}
		fmt.Fprint(&f.tables, "}\n\n")
	}
}

// gradsOf generates the kernels of a machine.
func gradsOf(f *goFile, m machine) {
	group, unrolls := 8, []int{4, 2, 1}
	if !m.wide {
		group, unrolls = 4, []int{2, 1}
	}
	declare := func(family, name string, in int) {
		f.declare(name, "gradArgs")
		fmt.Fprintf(&f.tables, "{%s, %d, %d, %s},\n", family, in, m.lanes, name)
	}
	for _, in := range []int{lanes, half} {
		suffix := ""
		if in == half {
			suffix = "From8"
		}
		for _, g := range []gradient{
			{m, "Conv3", 3, 1, group, unrolls, in},
			{m, "Conv1", 1, 1, min(2*group, in), unrolls[len(unrolls)-1:], in},
			{m, "Up", 1, 2, group, unrolls[len(unrolls)-1:], in},
		} {
			name := "grad" + g.name + suffix + m.name
			g.generate(name)
			declare("grad"+g.name, name, in)
		}
	}
	for _, k := range []int{3, 1} {
		name := fmt.Sprintf("gradImage%d%s", k, m.name)
		imageGradient(m, k, name)
		declare(fmt.Sprintf("gradImage%d", k), name, 1)
	}
}

// acc returns the accumulator of a tap and a channel of the group.
func (g gradient) acc(tap, lane int) reg.VecPhysical { return g.v(tap*g.group + lane) }

func (g gradient) accs() int { return g.taps * g.dzTaps * g.group }

// generate writes the kernel of sums[tapRow][tap][lane][16] += Σ over rows and columns, with one pass over the pixels
// for each row of taps, group of channels and part of the 16 output channels.
func (g gradient) generate(name string) {
	a := begin(name)
	label := func(s string) operand.LabelRef { return operand.LabelRef(s + "_" + name) }
	mark := func(s string) { build.Label(s + "_" + name) }
	x, dz, sum := reg.RSI, reg.RDX, reg.R8 // of the current row of taps
	build.MOVQ(field(a, gradX), x)
	build.MOVQ(field(a, gradDZ), dz)
	build.MOVQ(field(a, gradSum), sum)
	build.MOVQ(field(a, gradTapRows), reg.R9)
	xAt, dzAt := reg.R10, reg.R11 // of the current row
	mark("taps")
	build.MOVQ(field(a, gradLanes), reg.R12)
	mark("group")
	for h := range g.parts {
		part := func(s string) string { return fmt.Sprintf("%s%d", s, h) }
		for i := range g.accs() {
			g.zero(g.v(i))
		}
		build.MOVQ(x, xAt)
		build.LEAQ(operand.Mem{Base: dz, Disp: h * g.bytes()}, dzAt)
		build.MOVQ(field(a, gradRows), reg.RBX)
		mark(part("row"))
		build.MOVQ(xAt, reg.RAX)
		build.MOVQ(dzAt, reg.R13)
		build.MOVQ(field(a, gradCols), reg.RCX)
		for _, n := range g.unrolls {
			build.SUBQ(operand.U32(n), reg.RCX)
			build.JLT(label(part(fmt.Sprintf("rest%d_", n))))
			mark(part(fmt.Sprintf("pixels%d_", n)))
			g.pixels(n, reg.RAX, reg.R13)
			build.ADDQ(operand.U32(n*4*g.in), reg.RAX)
			build.ADDQ(operand.U32(n*g.dzTaps*g.machine.pixel()), reg.R13)
			build.SUBQ(operand.U32(n), reg.RCX)
			build.JGE(label(part(fmt.Sprintf("pixels%d_", n))))
			mark(part(fmt.Sprintf("rest%d_", n)))
			build.ADDQ(operand.U32(n), reg.RCX)
		}
		build.ADDQ(field(a, gradXRow), xAt)
		build.ADDQ(field(a, gradDZRow), dzAt)
		build.DECQ(reg.RBX)
		build.JNZ(label(part("row")))
		for tap := range g.taps * g.dzTaps {
			for lane := range g.group {
				to := operand.Mem{Base: sum, Disp: (tap*lanes+lane)*pixel + h*g.bytes()}
				build.VADDPS(to, g.acc(tap, lane), g.acc(tap, lane))
				build.VMOVUPS(g.acc(tap, lane), to)
			}
		}
	}
	build.ADDQ(operand.U32(4*g.group), x)
	build.ADDQ(operand.U32(g.group*pixel), sum)
	build.SUBQ(operand.U32(g.group), reg.R12)
	build.JG(label("group"))
	// Back to channel 0, forward to the next row of taps.
	build.ADDQ(operand.U32((g.taps*g.dzTaps*lanes)*pixel), sum)
	build.MOVQ(field(a, gradLanes), reg.RAX)
	build.ADDQ(operand.U32(g.group-1), reg.RAX)
	build.ANDQ(operand.I32(-g.group), reg.RAX)
	build.SHLQ(operand.U8(2), reg.RAX)
	build.SUBQ(reg.RAX, x)
	build.SHLQ(operand.U8(4), reg.RAX)
	build.SUBQ(reg.RAX, sum)
	build.ADDQ(field(a, gradXTap), x)
	build.ADDQ(field(a, gradDZTap), dz)
	build.DECQ(reg.R9)
	build.JNZ(label("taps"))
	end()
}

// pixels adds the products of n neighbouring pixels. Each input number is broadcast once for all pixels of dz with
// which it is multiplied.
func (g gradient) pixels(n int, x, dz reg.Register) {
	count := n * g.dzTaps
	for i := range count {
		build.VMOVUPS(operand.Mem{Base: dz, Disp: i * g.machine.pixel()}, g.v(g.accs()+i))
	}
	spare, used := g.accs()+count, 0
	for q := range n + g.taps - 1 {
		for lane := range g.group {
			from := operand.Mem{Base: x, Disp: q*4*g.in + 4*lane}
			type product struct{ dz, acc reg.VecPhysical }
			var products []product
			for tap := range g.taps {
				if p := q - tap; p >= 0 && p < n {
					for d := range g.dzTaps {
						products = append(products,
							product{g.v(g.accs() + p*g.dzTaps + d), g.acc(tap*g.dzTaps+d, lane)})
					}
				}
			}
			if len(products) == 1 && g.wide {
				build.VFMADD231PS_BCST(from, products[0].dz, products[0].acc)
				continue
			}
			value := g.v(spare + used%(g.vectors-spare))
			used++
			build.VBROADCASTSS(from, value)
			for _, p := range products {
				build.VFMADD231PS(value, p.dz, p.acc)
			}
		}
	}
}

// imageGradient is the weight gradient of one channel of an image stored as a plane: all k·k taps at once,
// sums[k][k][16].
func imageGradient(m machine, k int, name string) {
	a := begin(name)
	x, dz := reg.RSI, reg.RDX
	build.MOVQ(field(a, gradSum), reg.R8)
	build.MOVQ(field(a, gradXTap), reg.R12)
	copies := 9 / (k * k) // sums used in turn, so that additions need not wait for each other
	if copies > 4 {
		copies = 4
	}
	spare := m.v(k*k*copies + copies)
	for h := range m.parts {
		label := func(s string) string { return fmt.Sprintf("%s%d_%s", s, h, name) }
		for i := range k * k * copies {
			m.zero(m.v(i))
		}
		build.MOVQ(field(a, gradX), x)
		build.MOVQ(field(a, gradDZ), dz)
		build.MOVQ(field(a, gradRows), reg.RBX)
		build.Label(label("row"))
		build.MOVQ(x, reg.RAX)
		build.LEAQ(operand.Mem{Base: dz, Disp: h * m.bytes()}, reg.R13)
		build.MOVQ(field(a, gradCols), reg.RCX)
		for _, n := range []int{copies, 1} {
			build.SUBQ(operand.U32(n), reg.RCX)
			build.JLT(operand.LabelRef(label(fmt.Sprintf("rest%d_", n))))
			build.Label(label(fmt.Sprintf("pixels%d_", n)))
			for p := range n {
				build.VMOVUPS(operand.Mem{Base: reg.R13, Disp: p * m.pixel()}, m.v(k*k*copies+p))
			}
			for p := range n {
				for u := range k {
					for v := range k {
						m.fmaBroadcast(xRow(reg.RAX, u, 4*(v+p)), m.v(k*k*copies+p), m.v((p*k+u)*k+v), spare)
					}
				}
			}
			build.ADDQ(operand.U32(4*n), reg.RAX)
			build.ADDQ(operand.U32(n*m.pixel()), reg.R13)
			build.SUBQ(operand.U32(n), reg.RCX)
			build.JGE(operand.LabelRef(label(fmt.Sprintf("pixels%d_", n))))
			build.Label(label(fmt.Sprintf("rest%d_", n)))
			build.ADDQ(operand.U32(n), reg.RCX)
			if copies == 1 {
				break
			}
		}
		build.ADDQ(field(a, gradXRow), x)
		build.ADDQ(field(a, gradDZRow), dz)
		build.DECQ(reg.RBX)
		build.JNZ(operand.LabelRef(label("row")))
		for i := range k * k {
			for c := 1; c < copies; c++ {
				build.VADDPS(m.v(c*k*k+i), m.v(i), m.v(i))
			}
			to := operand.Mem{Base: reg.R8, Disp: i*pixel + h*m.bytes()}
			build.VADDPS(to, m.v(i), m.v(i))
			build.VMOVUPS(m.v(i), to)
		}
	}
	end()
}
