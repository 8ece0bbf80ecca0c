package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A family is one kind of convolution from the point of view of tile kernels.
type family struct {
	name  string // Go constant of the family
	label string // in function names
	taps  int    // taps along a row
	step  int    // bytes from an input pixel to the next
	skip  int    // input pixels between neighbouring output pixels
	out   int    // bytes from an output pixel to the next
}

// families returns those of a machine for input pixels of 16 or 8 channels; inputs in planes count to those of 16.
func families(m machine, in int) []family {
	step, suffix := 4*in, ""
	if in == half {
		suffix = "From8"
	}
	all := []family{
		{"conv3", "Conv3" + suffix, 3, step, 1, m.pixel()},
		{"conv1", "Conv1" + suffix, 1, step, 1, m.pixel()},
		{"spread", "Spread" + suffix, 1, step, 1, 2 * m.pixel()},
		{"gather", "Gather" + suffix, 2, step, 2, m.pixel()},
	}
	if in == half {
		return all
	}
	images := []family{{"image3", "Image3", 3, 4, 1, m.pixel()}, {"image1", "Image1", 1, 4, 1, m.pixel()}}
	return append(append(all[:2:2], images...), all[2:]...)
}

// A shape is the size of a tile: output blocks of 16 channels, rows, and pixels in a row.
type shape struct{ blocks, rows, cols int }

// shapes returns a family's tiles for a machine: widths from which rows of any length can be composed with little
// waste, and for narrow maps two or four rows at once, as many as fit into the registers.
func shapes(m machine, f family) []shape {
	limit, blocks := 24, []int{1, 2}
	switch {
	case m == half2:
		limit, blocks = 12, []int{1}
	case m == half512:
		blocks = []int{1} // there is only one
	case m.parts == 2:
		limit, blocks = 6, []int{1}
	case f.step == 4:
		blocks = []int{1} // images have few channels: one block at a time is enough
	case f.out > m.pixel():
		blocks = []int{2} // both taps of a row of a transposed convolution
	}
	cols := map[int][]int{1: {1, 2, 3, 4, 6, 8, 12, 24}, 2: {2, 3, 4, 6, 12}, 4: {1, 2, 3, 6}}
	if f.step == 4 || f.step == 4*half || m.lanes == half { // of large maps
		cols = map[int][]int{1: {1, 2, 4, 6, 12, 24}}
	}
	var s []shape
	for _, b := range blocks {
		for _, rows := range []int{1, 2, 4} {
			for _, c := range cols[rows] {
				if b*rows*c <= limit && (rows == 1 || b*rows*c >= 4) {
					s = append(s, shape{b, rows, c})
				}
			}
		}
	}
	return s
}

// Fields of the Go structure tileArgs.
const (
	argX = iota
	argW
	argOut
	argInit
	argXRow
	argXTile
	argXPlane
	argOutRow
	argOutBlock
	argInitRow
	argInitBlock
	argPlanes
	argLanes
	argTapRows
)

func tiles(f *goFile) {
	for _, m := range []machine{avx512, avx2} {
		fmt.Fprintf(&f.tables, "var tiles%s = []tileKernel{\n", m.name)
		for _, fam := range append(families(m, lanes), families(m, half)...) {
			for _, s := range shapes(m, fam) {
				tile{machine: m, family: fam, shape: s}.declare(f, "tile")
			}
		}
		fmt.Fprintf(&f.tables, "}\n\nvar exactTiles%s = []tileKernel{\n", m.name)
		for _, fam := range append(families(m, lanes), families(m, half)...) {
			for _, cols := range []int{1, 4 / m.parts} {
				tile{machine: m, family: fam, shape: shape{1, 1, cols}, exact: true}.declare(f, "exactTile")
			}
		}
		fmt.Fprint(&f.tables, "}\n\n")
	}
	for _, m := range []machine{half512, half2} {
		fmt.Fprintf(&f.tables, "var halfTiles%s = []tileKernel{\n", strings.TrimPrefix(m.name, "Half"))
		for _, fam := range append(families(m, lanes), families(m, half)...) {
			for _, s := range shapes(m, fam) {
				tile{machine: m, family: fam, shape: s}.declare(f, "tile")
			}
		}
		fmt.Fprint(&f.tables, "}\n\n")
	}
}

// declare generates a kernel and adds it to the current table.
func (t tile) declare(f *goFile, prefix string) {
	name := fmt.Sprintf("%s%s%dx%dx%d%s", prefix, t.label, t.blocks, t.rows, t.cols, t.machine.name)
	t.generate(name)
	f.declare(name, "tileArgs")
	fmt.Fprintf(&f.tables, "{%s, %d, %d, %d, %d, %s},\n", t.family.name, t.step/4, t.blocks, t.rows, t.cols, name)
}

// tile generates one kernel: accumulators for all pixels of a tile stay in registers while it loops over the input's
// planes, the rows of taps and the input channels.
type tile struct {
	machine
	family
	shape
	exact bool // sums in float64
}

// per returns the number of vectors for a block of 16 sums.
func (t tile) per() int {
	if t.exact {
		return 2 * t.parts
	}
	return t.parts
}

// acc returns the accumulator of part h of block b of a pixel.
func (t tile) acc(row, col, b, h int) reg.VecPhysical {
	return t.v(((row*t.cols+col)*t.blocks+b)*t.per() + h)
}

// accs returns the number of accumulators.
func (t tile) accs() int { return t.rows * t.cols * t.blocks * t.per() }

// xRow returns the operand for a byte of tile row r of the input. R12 holds the distance of tile rows, R13 three
// times that.
func xRow(base reg.Register, r, disp int) operand.Mem {
	switch r {
	case 1:
		return operand.Mem{Base: base, Index: reg.R12, Scale: 1, Disp: disp}
	case 2:
		return operand.Mem{Base: base, Index: reg.R12, Scale: 2, Disp: disp}
	case 3:
		return operand.Mem{Base: base, Index: reg.R13, Scale: 1, Disp: disp}
	}
	return operand.Mem{Base: base, Disp: disp}
}

func (t tile) generate(name string) {
	a := begin(name)
	x, w := reg.RSI, reg.RDX
	build.MOVQ(field(a, argX), x)
	build.MOVQ(field(a, argW), w)
	build.MOVQ(field(a, argXTile), reg.R12)
	build.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.R13)
	t.initialize(a, name)

	// R8: from the end of the channels of a row to the next row of taps. R9: from the end of the last row to the next
	// plane.
	build.MOVQ(field(a, argLanes), reg.R11)
	build.MOVQ(field(a, argXRow), reg.R8)
	build.MOVQ(field(a, argTapRows), reg.RBX)
	build.MOVQ(field(a, argXPlane), reg.R9)
	build.MOVQ(reg.R8, reg.RAX)
	build.IMULQ(reg.RBX, reg.RAX)
	build.SUBQ(reg.RAX, reg.R9)
	build.MOVQ(reg.R11, reg.RAX)
	build.SHLQ(operand.U8(2), reg.RAX)
	build.SUBQ(reg.RAX, reg.R8)
	build.MOVQ(field(a, argPlanes), reg.R10)

	build.Label("plane_" + name)
	build.MOVQ(field(a, argTapRows), reg.RBX)
	build.Label("row_" + name)
	build.MOVQ(reg.R11, reg.RCX)
	if t.fetchesAhead() {
		build.LEAQ(operand.Mem{Base: x, Disp: t.cols * t.skip * t.step}, reg.RAX)
	}
	build.Label("channel_" + name)
	t.fetchAhead()
	t.body(x, w)
	build.ADDQ(operand.U32(4), x)
	build.ADDQ(operand.U32(t.taps*t.blocks*t.pixel()), w)
	build.DECQ(reg.RCX)
	build.JNZ(operand.LabelRef("channel_" + name))
	build.ADDQ(reg.R8, x)
	build.DECQ(reg.RBX)
	build.JNZ(operand.LabelRef("row_" + name))
	build.ADDQ(reg.R9, x)
	build.DECQ(reg.R10)
	build.JNZ(operand.LabelRef("plane_" + name))

	t.each(a, argOut, argOutRow, argOutBlock, t.store)
	end()
}

// initialize loads the accumulators from init, or zeroes them if it is nil.
func (t tile) initialize(a reg.GPPhysical, name string) {
	build.CMPQ(field(a, argInit), operand.U8(0))
	build.JEQ(operand.LabelRef("zero_" + name))
	t.each(a, argInit, argInitRow, argInitBlock, t.load)
	build.JMP(operand.LabelRef("ready_" + name))
	build.Label("zero_" + name)
	if t.fetchesAhead() { // what the next tile writes
		t.each(a, argOut, argOutRow, argOutBlock, func(next operand.Mem, _ reg.VecPhysical) {
			next.Disp += t.cols * t.out
			if next.Disp%64 == 0 {
				build.PREFETCHT0(next)
			}
		})
	}
	for i := range t.accs() {
		t.zero(t.v(i))
	}
	build.Label("ready_" + name)
}

// each calls visit for every accumulator with its operand in a map of the output's shape, given by three arguments:
// its address, the distance of its rows and that of its blocks.
func (t tile) each(a reg.GPPhysical, base, row, block int, visit func(operand.Mem, reg.VecPhysical)) {
	build.MOVQ(field(a, base), reg.RAX)
	build.MOVQ(field(a, row), reg.R8)
	build.MOVQ(field(a, block), reg.R9)
	for b := range t.blocks {
		build.MOVQ(reg.RAX, reg.RBX)
		for r := range t.rows {
			for c := range t.cols {
				for h := range t.per() {
					visit(operand.Mem{Base: reg.RBX, Disp: c*t.out + h*t.pixel()/t.per()}, t.acc(r, c, b, h))
				}
			}
			if r+1 < t.rows {
				build.ADDQ(reg.R8, reg.RBX)
			}
		}
		if b+1 < t.blocks {
			build.ADDQ(reg.R9, reg.RAX)
		}
	}
}

// ahead is the number of cache lines of input that a tile prefetches for each channel.
const ahead = 2

// fetchesAhead reports whether a kernel prefetches the pixels of the next tile: long ones of one row, whose few
// products for each pixel, of one tap or of eight channels, take no longer than a cache line takes from the third-level
// cache.
func (t tile) fetchesAhead() bool {
	few := t.taps < 3 && t.step == pixel || t.step == 4*half || t.machine.lanes == half
	return few && t.rows == 1 && t.accs() >= 12 && !t.exact
}

// fetchAhead prefetches a part of the next tile's input.
func (t tile) fetchAhead() {
	if !t.fetchesAhead() {
		return
	}
	for i := range ahead {
		build.PREFETCHT0(operand.Mem{Base: reg.RAX, Disp: i * 64})
	}
	build.ADDQ(operand.U32(ahead*64), reg.RAX)
}

// body multiplies one channel by the weights of a row of taps.
func (t tile) body(x, w reg.Register) {
	if t.exact {
		t.widened(x, w)
	} else if t.parts == 1 && t.taps*t.blocks > 1 && t.accs()+t.taps*t.blocks < t.vectors {
		t.shared(x, w)
	} else {
		t.separate(x, w)
	}
}

// shared keeps the weights of all taps of a row in registers and broadcasts each input number once for all of them.
func (t tile) shared(x, w reg.Register) {
	weight := func(tap, b int) reg.VecPhysical { return t.v(t.accs() + tap*t.blocks + b) }
	for tap := range t.taps {
		for b := range t.blocks {
			build.VMOVUPS(operand.Mem{Base: w, Disp: (tap*t.blocks + b) * t.pixel()}, weight(tap, b))
		}
	}
	spare := t.accs() + t.taps*t.blocks
	count := 0
	for r := range t.rows {
		for q := range (t.cols-1)*t.skip + t.taps {
			value := t.v(spare + count%(t.vectors-spare))
			count++
			build.VBROADCASTSS(xRow(x, r, q*t.step), value)
			for tap := range t.taps {
				if (q-tap)%t.skip != 0 || q < tap || (q-tap)/t.skip >= t.cols {
					continue
				}
				for b := range t.blocks {
					t.fma(value, weight(tap, b), t.acc(r, (q-tap)/t.skip, b, 0))
				}
			}
		}
	}
}

// separate loads the weights of one tap after another.
func (t tile) separate(x, w reg.Register) {
	per := t.blocks * t.parts
	for tap := range t.taps {
		weight := t.accs()
		for i := range per {
			build.VMOVUPS(operand.Mem{Base: w, Disp: tap*t.blocks*t.pixel() + i*t.bytes()}, t.v(weight+i))
		}
		spare, count := min(weight+per, t.vectors-1), 0
		for r := range t.rows {
			for c := range t.cols {
				from := xRow(x, r, (c*t.skip+tap)*t.step)
				if per == 1 { // one with AVX-512 broadcasts by itself and needs no spare register
					t.fmaBroadcast(from, t.v(weight), t.acc(r, c, 0, 0), t.v(spare))
					continue
				}
				value := t.v(spare + count%(t.vectors-spare))
				count++
				build.VBROADCASTSS(from, value)
				for i := range per {
					t.fma(value, t.v(weight+i), t.acc(r, c, i/t.parts, i%t.parts))
				}
			}
		}
	}
}
