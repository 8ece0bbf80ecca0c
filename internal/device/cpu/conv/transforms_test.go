package conv

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// TestTransformsOfEachSetAreTheirDefinition compares the transforms of minimal filtering with plain Go bit by bit, for
// pixels of sixteen and of eight channels.
func TestTransformsOfEachSetAreTheirDefinition(t *testing.T) {
	for _, set := range isa.Available() {
		if set == isa.Portable {
			continue
		}
		k := kernelsOf(set)
		for size := range winogradSizes {
			checkTransforms(t, set, k.transforms[size], size, lanes)
			checkTransforms(t, set, k.half.transforms[size], size, half)
		}
	}
}

// checkTransforms compares those transforms that there are.
func checkTransforms(t *testing.T, set isa.Set, fast transforms, size winogradSize, width int) {
	t.Helper()
	const count, numbers = 3, 36 * 9 * lanes
	r := rand.New(rand.NewPCG(1, 11))
	from, addend := randomWeights(r, numbers), randomWeights(r, numbers)
	slow, m := portableTransforms(size, width, floats), size.pixels()
	input := transformArgs{
		constants: &inputConstants[size], fromRow: 4 * width * 20, fromTile: 4 * m * width,
		toRow: 4 * width * 4, toTile: 4 * width, count: count,
	}
	weights, spread, output := input, input, input
	weights.constants, weights.count = &weightConstants[size], 1
	spread.constants = &outputConstants[size]
	output.constants, output.fromRow, output.fromTile = &outputConstants[size], input.toRow, input.toTile
	output.toRow, output.toTile = input.fromRow, input.fromTile
	added := output
	added.addend, added.addendRow = &addend[0], 4*width*16
	collect := output
	collect.constants, collect.toTile = &weightConstants[size], 4*9*width
	for _, c := range []struct {
		name       string
		fast, slow func(*transformArgs)
		args       transformArgs
	}{
		{"input", fast.input, slow.input, input},
		{"weights", fast.weights, slow.weights, weights},
		{"spread", fast.spread, slow.spread, spread},
		{"output", fast.output, slow.output, output},
		{"output and addend", fast.output, slow.output, added},
		{"collect", fast.collect, slow.collect, collect},
	} {
		if c.fast == nil {
			continue
		}
		got, want := make([]float32, numbers), make([]float32, numbers)
		c.args.from = &from[0]
		c.args.to = &got[0]
		c.fast(&c.args)
		c.args.to = &want[0]
		c.slow(&c.args)
		sameBits(t, fmt.Sprintf("%v: %s of %d×%d, %d channels", set, c.name, m, m, width), got, want)
	}
}
