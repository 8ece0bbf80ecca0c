package conv

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// isAssembly reports whether a kernel is one of NEON's.
func isAssembly[T any](kernel func(*T)) bool {
	return strings.HasSuffix(runtime.FuncForPC(reflect.ValueOf(kernel).Pointer()).Name(), "NEON")
}

// TestPlansRunOnNEON looks at the kernels of plans by default, and of those of the set portable.
func TestPlansRunOnNEON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 10))
	for _, set := range isa.Available() {
		for _, channels := range [][2]int{{1, 16}, {8, 16}, {16, 8}, {16, 16}, {12, 16}, {32, 1}} {
			for _, k := range []int{1, 3} {
				x := newFeature(r, 1, channels[0], 4, 4, false)
				z := newFeature(r, 1, channels[1], 4, 4, false)
				f := must[*Forward](t)(NewForward(set, Float32, x.m, z.m, k, Epilogue{}))
				for _, p := range f.bundles[0].groups[0].covers[0].tiles {
					if isAssembly(p.kernel.run) != (set == isa.NEON) {
						t.Errorf("%v: tiles of %d×%d from %d to %d channels", set, k, k, channels[0], channels[1])
					}
				}
				if isAssembly(f.kernels.epilogue) != (set == isa.NEON) {
					t.Errorf("%v: epilogue of %d channels", set, channels[1])
				}
				g := must[*GradWeight](t)(NewGradWeight(set, Float32, z.m, x.m, k))
				if isAssembly(g.kernel) != (set == isa.NEON) {
					t.Errorf("%v: weight gradient of %d×%d from %d to %d channels", set, k, k, channels[0], channels[1])
				}
			}
		}
	}
	if isa.Best() != isa.NEON {
		t.Errorf("the best set is %v", isa.Best())
	}
}

// TestTransformsOfNEONAreTheirDefinition compares the transforms of minimal filtering with plain Go bit by bit.
func TestTransformsOfNEONAreTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 11))
	const count, numbers = 3, 36 * 9 * lanes
	from, addend := randomWeights(r, numbers), randomWeights(r, numbers)
	for size := range winogradSizes {
		fast, slow, m := neon.transforms[size], portableTransforms(size, floats), size.pixels()
		row := 4 * lanes * 20
		input := transformArgs{
			constants: &inputConstants[0], fromRow: row, fromTile: 4 * m * lanes,
			toRow: 4 * lanes * 4, toTile: 4 * lanes, count: count,
		}
		spread, output := input, input
		spread.constants = &outputConstants[0]
		output.constants, output.fromRow, output.fromTile = &outputConstants[0], input.toRow, input.toTile
		output.toRow, output.toTile = input.fromRow, input.fromTile
		added := output
		added.addend, added.addendRow = &addend[0], 4*lanes*16
		collect := output
		collect.constants, collect.toTile = &weightConstants[size][0], 4*9*lanes
		for _, c := range []struct {
			name       string
			fast, slow func(*transformArgs)
			args       transformArgs
		}{
			{"input", fast.input, slow.input, input},
			{"spread", fast.spread, slow.spread, spread},
			{"output", fast.output, slow.output, output},
			{"output and addend", fast.output, slow.output, added},
			{"collect", fast.collect, slow.collect, collect},
		} {
			got, want := make([]float32, numbers), make([]float32, numbers)
			c.args.from = &from[0]
			c.args.to = &got[0]
			c.fast(&c.args)
			c.args.to = &want[0]
			c.slow(&c.args)
			sameBits(t, fmt.Sprintf("%s of %d×%d", c.name, m, m), got, want)
		}
	}
}
