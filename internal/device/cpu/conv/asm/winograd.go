package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of the Go structure transformArgs.
const (
	transformFrom = iota
	transformTo
	transformAddend
	transformConstants
	transformFromRow
	transformFromTile
	transformToRow
	transformToTile
	transformAddendRow
	transformCount
	transformOdd
)

// Factors in the transforms of F(4×4, 3×3) and F(3×3, 3×3), in the order of the Go array of constants. The
// interpolation points are 0, ±a, ±b and infinity for tiles of 4×4, and 0, ±a, b and infinity for tiles of 3×3.
const (
	constA  = iota // a
	constB         // b
	constA2        // a²
	constB2        // b²
	constE         // a²b² for the input, a³ for the output
	constS         // a²+b² for the input, b³ for the output
	constants
)

func winograds(f *goFile) {
	for _, m := range []machine{avx512, avx2} {
		multipliers(f, m)
		allTransforms(f, m, []int{4, 3, 2}, "Input", "Output", "Weights", "Spread", "Collect")
		accumulate(m, "accumulate"+m.name)
		f.declare("accumulate"+m.name, "accumulateArgs")
		addUp(m, "addUp"+m.name)
		f.declare("addUp"+m.name, "transformArgs")
	}
	for _, m := range []machine{half512, half2} {
		multipliers(f, m)
		allTransforms(f, m, []int{4}, "Input", "Output", "Weights") // weight gradients are direct
	}
}

// allTransforms generates some kinds of a machine's transforms for some sizes of tiles, and their table.
func allTransforms(f *goFile, m machine, sizes []int, kinds ...string) {
	fmt.Fprintf(&f.tables, "var transforms%s = [winogradSizes]transforms{\n", m.name)
	for _, size := range sizes {
		t := transform{m, size}
		fmt.Fprintf(&f.tables, "winograd%d: {", size)
		for _, kind := range kinds {
			name := fmt.Sprintf("winograd%s%d%s", kind, size, m.name)
			switch kind {
			case "Input":
				t.input(name, floats)
			case "Output":
				t.output(name)
			case "Weights":
				t.weights(name, floats)
			case "Spread":
				t.spread(name, floats)
			case "Collect":
				t.collect(name)
			}
			f.declare(name, "transformArgs")
			fmt.Fprintf(&f.tables, "%s: %s,", strings.ToLower(kind), name)
		}
		fmt.Fprint(&f.tables, "},\n")
	}
	fmt.Fprint(&f.tables, "}\n\n")
}

// A transform generates a machine's transforms for output tiles of 4×4, 3×3 or 2×2 pixels.
type transform struct {
	machine
	size int
}

// A strided is an address and a stride: elements 0 to 5 of a column of numbers.
type strided struct{ base, third, step reg.GPPhysical }

// point computes third, which is necessary whenever base moves.
func (s strided) point() {
	build.LEAQ(operand.Mem{Base: s.step, Index: s.step, Scale: 2}, s.third)
	build.ADDQ(s.base, s.third)
}

// at returns the operand for element k, displaced by disp bytes.
func (s strided) at(k, disp int) operand.Mem {
	base := s.base
	if k >= 3 {
		base, k = s.third, k-3
	}
	if k == 0 {
		return operand.Mem{Base: base, Disp: disp}
	}
	return operand.Mem{Base: base, Index: s.step, Scale: uint8(k), Disp: disp}
}

// constant returns the register of a constant; constants are in the last registers.
func (t transform) constant(i int) reg.VecPhysical { return t.v(t.vectors - constants + i) }

// loadConstants broadcasts the constants.
func (t transform) loadConstants(a reg.GPPhysical) {
	build.MOVQ(field(a, transformConstants), reg.RAX)
	for i := range constants {
		build.VBROADCASTSS(operand.Mem{Base: reg.RAX, Disp: 4 * i}, t.constant(i))
	}
}

// registers returns n registers from the first on.
func (t transform) registers(first, n int) []reg.VecPhysical {
	var r []reg.VecPhysical
	for i := range n {
		r = append(r, t.v(first+i))
	}
	return r
}
