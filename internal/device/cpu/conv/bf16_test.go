package conv

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

func TestRoundingToBF16IsToTheNearestEven(t *testing.T) {
	for _, c := range []struct {
		from uint32
		want uint16
	}{
		{0x3f800000, 0x3f80},
		{0x3f808000, 0x3f80}, // halfway, the even one is below
		{0x3f818000, 0x3f82}, // halfway, the even one is above
		{0x3f808001, 0x3f81},
		{0x3f807fff, 0x3f80},
		{0xbf818000, 0xbf82},
		{0x7f7fffff, 0x7f80}, // beyond the largest: infinity
		{0xff800000, 0xff80},
		{0x7fc00001, 0x7fc0},
		{0x7f800001, 0x7fc0}, // a signalling NaN becomes quiet
		{0x00000000, 0x0000},
		{0x80000000, 0x8000},
		{0x007fffff, 0x0000}, // subnormal
		{0x807fffff, 0x8000},
		{0x00800000, 0x0080},
	} {
		if got := roundBF16(math.Float32frombits(c.from)); got != c.want {
			t.Errorf("%08x is rounded to %04x, want %04x", c.from, got, c.want)
		}
	}
}

func TestMultiplicationAndAdditionRoundOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	number := func() float32 { return math.Float32frombits(r.Uint32()&0x807fffff | uint32(100+r.IntN(56))<<23) }
	for range 200_000 {
		x, y, z := number(), number(), number()
		if r.IntN(4) == 0 {
			z = -x * y
		}
		exactly := new(big.Float).SetPrec(400).SetFloat64(float64(x) * float64(y))
		want, _ := exactly.Add(exactly, big.NewFloat(float64(z))).Float32()
		if got := fma32(x, y, z); got != want {
			t.Fatalf("%g·%g + %g = %g, want %g", x, y, z, got, want)
		}
	}
}

// accelerated returns the kernels for AVX512_BF16, and skips a test where there are none.
func accelerated(t *testing.T) *rounding {
	t.Helper()
	k := kernelsOf(isa.Best()).bf16
	if !HasBF16(isa.Best()) {
		t.Skip("this processor has no AVX512_BF16: there is nothing to compare with plain Go")
	}
	return k
}

// sameBits compares two vectors; one NaN is like another.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, v := range want {
		if g := got[i]; math.Float32bits(g) != math.Float32bits(v) && (g == g || v == v) {
			t.Fatalf("%s: number %d is %x (%g), plain Go has %x (%g)", what, i, math.Float32bits(g), g,
				math.Float32bits(v), v)
		}
	}
}

// TestSumsOfProductsAreTheirDefinition compares the instruction with its definition on bits of all kinds: any
// numbers, and numbers near the smallest and the largest.
func TestSumsOfProductsAreTheirDefinition(t *testing.T) {
	k := accelerated(t)
	r := rand.New(rand.NewPCG(1, 5))
	const tiles, positions = 3, 4
	v, d := make([]float32, positions*tiles*lanes), make([]float32, positions*tiles*lanes)
	got, want := make([]float32, positions*lanes*lanes), make([]float32, positions*lanes*lanes)
	kinds := []func() uint32{
		r.Uint32,
		func() uint32 { return r.Uint32()&0x807f | uint32(50+r.IntN(30))<<7 },    // products of subnormal size
		func() uint32 { return r.Uint32()&0x807f | uint32(185+r.IntN(10))<<7 },   // products beyond the largest
		func() uint32 { return r.Uint32()&0x807f | uint32(120+r.IntN(12))<<7 },   // as in a network
		func() uint32 { return r.Uint32()&0x807f | uint32(r.IntN(2)*126)<<7 },    // subnormal and ordinary numbers
		func() uint32 { return r.Uint32()&0x8000 | uint32(62+r.IntN(3))<<7 },     // sums of subnormal size
		func() uint32 { return r.Uint32()&0x807f | uint32(61+2*r.IntN(2))<<7 },   // cancellation to subnormal numbers
		func() uint32 { return r.Uint32()&0x807f | uint32(190+r.IntN(2)*64)<<7 }, // with infinities and NaN
	}
	for round := range 400 {
		for i := range v {
			word := func() float32 {
				bits := kinds[round%len(kinds)]
				return math.Float32frombits(bits()&0xffff | bits()<<16)
			}
			v[i], d[i] = word(), word()
		}
		for i := range got {
			got[i] = 0
			want[i] = 0
		}
		run := func(f func(*accumulateArgs), sums []float32) {
			f(&accumulateArgs{
				v: &v[0], d: &d[0], sums: &sums[0], vPosition: 4 * tiles * lanes, dPosition: 4 * tiles * lanes,
				positions: positions, tiles: tiles,
			})
		}
		run(k.accumulate, got)
		run(portableAccumulate, want)
		sameBits(t, fmt.Sprint("round ", round), got, want)
	}
}

// TestTransformsAreTheirDefinition compares assembly with plain Go, in every form and for runs that begin with the
// second of a pair.
func TestTransformsAreTheirDefinition(t *testing.T) {
	k := accelerated(t)
	r := rand.New(rand.NewPCG(1, 6))
	const floats = 36 * 9 * lanes
	for _, size := range []winogradSize{winograd4, winograd2} {
		n, m := size.pixels()+2, size.pixels()
		forward, gradient := portableTransforms(size, lanes, rounded), portableTransforms(size, lanes, pairs)
		from := randomWeights(r, floats)
		for i := range from {
			from[i] *= float32(math.Exp2(float64(r.IntN(40) - 20)))
		}
		row := 4 * lanes * 20
		for _, c := range []struct {
			name       string
			fast, slow func(*transformArgs)
			args       transformArgs
		}{
			{"input", k.transforms[size].input, forward.input, transformArgs{
				constants: &inputConstants[size], fromRow: row,
				fromTile: 4 * m * lanes, toRow: 2 * lanes * 5, toTile: 2 * lanes,
				count: 3,
			}},
			{"input in pairs", k.gradTransforms[size].input, gradient.input, transformArgs{
				constants: &inputConstants[size], fromRow: row,
				fromTile: 4 * m * lanes, toRow: 4 * lanes * 3, toTile: 4 * lanes,
				count: 3,
			}},
			{"spread", k.gradTransforms[size].spread, gradient.spread, transformArgs{
				constants: &outputConstants[size], fromRow: row,
				fromTile: 4 * m * lanes, toRow: 4 * lanes * 3, toTile: 4 * lanes,
				count: 3,
			}},
			{"weights", k.transforms[size].weights, forward.weights, transformArgs{
				constants: &weightConstants[size], toRow: 4 * lanes * 2, count: 1,
			}},
			{"output", k.transforms[size].output, forward.output, transformArgs{
				constants: &outputConstants[size], fromRow: 4 * lanes * 3,
				fromTile: 4 * lanes, toRow: row, toTile: 4 * m * lanes,
				count: 3,
			}},
			{"output and addend", k.transforms[size].output, forward.output, transformArgs{
				addend: &from[7*lanes], addendRow: row,
				constants: &outputConstants[size], fromRow: 4 * lanes * 3,
				fromTile: 4 * lanes, toRow: row, toTile: 4 * m * lanes,
				count: 3,
			}},
			{"collect", k.gradTransforms[size].collect, gradient.collect, transformArgs{
				constants: &weightConstants[size], fromRow: 4 * lanes * 4,
				fromTile: 4 * lanes, toTile: 4 * 9 * lanes,
				count: 4,
			}},
		} {
			for odd := range 2 {
				got, want := make([]float32, floats), make([]float32, floats)
				for i := range got { // the first of a pair is there already
					got[i] = math.Float32frombits(r.Uint32() & 0xffff)
					want[i] = got[i]
				}
				c.args.from, c.args.odd = &from[0], odd
				c.args.to = &got[0]
				c.fast(&c.args)
				c.args.to = &want[0]
				c.slow(&c.args)
				for i := range want { // as bits: pairs of bfloat16 may look like a NaN
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%s of %d×%d, odd = %d: number %d is %x, plain Go has %x", c.name, n, n, odd, i,
							math.Float32bits(got[i]), math.Float32bits(want[i]))
					}
				}
			}
		}
	}
}

func TestProductsOfTilesAreTheirDefinition(t *testing.T) {
	k := accelerated(t)
	r := rand.New(rand.NewPCG(1, 7))
	const planes, positions, tiles = 3, 2, 24
	words := func(n int) []float32 {
		w := make([]float32, n)
		for i := range w {
			w[i] = math.Float32frombits(r.Uint32()&0x807f807f | uint32(118+r.IntN(16))<<7 | uint32(118+r.IntN(16))<<23)
		}
		return w
	}
	for _, m := range k.multipliers {
		v, u := words(positions*planes*tiles*lanes/2), words(positions*planes*m.blocks*lanes*lanes/2)
		var result [2][]float32
		for i, f := range []multiplier{m, portableMultiply(m.blocks, m.tiles)} {
			result[i] = make([]float32, positions*m.blocks*tiles*lanes)
			f.run(&multiplyArgs{
				v: &v[0], u: &u[0], m: &result[i][0], vPlane: 2 * tiles * lanes, vPosition: 2 * planes * tiles * lanes,
				mBlock: 4 * tiles * lanes, mPosition: 4 * m.blocks * tiles * lanes, planes: planes, lanes: lanes / 2,
				positions: positions, tiles: tiles / m.tiles,
			})
		}
		sameBits(t, fmt.Sprintf("%d blocks, %d tiles", m.blocks, m.tiles), result[0], result[1])
	}
}

// bf16Tolerance is the relative error of convolutions whose factors are rounded after the transforms: 2⁻⁹ for each
// factor, which tiles of 4×4 amplify by four and tiles of 2×2 by less than two.
const bf16Tolerance = 0.02

// TestRoundedConvolutionsAreTheSameOnAllProcessors compares forward pass and weight gradient with their definition in
// float64, and bit by bit among the instruction sets.
func TestRoundedConvolutionsAreTheSameOnAllProcessors(t *testing.T) {
	for i, s := range sizes {
		if s.in < lanes || s.out < lanes || s.in > 64 || testing.Short() && s.h*s.w > 100 {
			continue
		}
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), 8))
			x := newFeature(r, s.n, s.in, s.h, s.w, s.inView)
			dz := newFeature(r, s.n, s.out, s.h, s.w, s.outView)
			w := randomWeights(r, s.out*s.in*9)
			want := naive(x, s.out, 3, func(o, i, u, v int) float32 { return w[((o*s.in+i)*3+u)*3+v] })
			for _, by := range []method{rounded4, rounded2} {
				var first, firstGradient []float32
				for _, set := range isa.Available() {
					z := emptyFeature(s.n, s.out, s.h, s.w, s.outView)
					order := weightOrder{out: s.in * 9, in: 9, row: 3, col: 1}
					f := must[*Forward](t)(newConv(set, x.m, z.m, 3, Epilogue{Statistics: true}, order, by))
					run(f, &Args{X: x.data, Z: z.data}, w)
					if err := z.difference(want); !(err < bf16Tolerance) {
						t.Fatalf("%v, method %v: relative error %.2g", set, by, err)
					}
					g := must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, 3, by))
					dw := weightGradient(g, dz, x, s.out*s.in*9)
					plain := must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, 3, direct))
					if err := distance(dw, weightGradient(plain, dz, x, len(dw))); !(err < bf16Tolerance) {
						t.Fatalf("%v, method %v: relative error of the weight gradient %.2g", set, by, err)
					}
					numbers := make([]float32, len(want))
					z.m.Load(numbers, z.data)
					if first == nil {
						first, firstGradient = numbers, dw
					}
					sameBits(t, fmt.Sprintf("%v, method %v", set, by), numbers, first)
					sameBits(t, fmt.Sprintf("%v, method %v, weight gradient", set, by), dw, firstGradient)
				}
			}
		})
	}
}

// weightGradient runs both stages of a plan.
func weightGradient(g *GradWeight, dz, x feature, n int) []float32 {
	a := &GradArgs{DZ: dz.data, X: x.data, Partials: make([]float32, g.PartialsSize())}
	worker := usedWorker(g.ScratchSize())
	for i := g.Pieces() - 1; i >= 0; i-- {
		g.Do(i, a, worker)
	}
	dw := make([]float32, n)
	for i := range g.ReducePieces() {
		g.Reduce(i, dw, nil, a.Partials)
	}
	return dw
}

// distance returns ‖a − b‖/‖b‖.
func distance(a, b []float32) float64 {
	var diff, norm float64
	for i, v := range b {
		diff += float64(a[i]-v) * float64(a[i]-v)
		norm += float64(v) * float64(v)
	}
	return math.Sqrt(diff / norm)
}

// difference returns the relative error of a map.
func (f feature) difference(want []float64) float64 {
	got := make([]float32, len(want))
	f.m.Load(got, f.data)
	numbers := make([]float32, len(want))
	for i, v := range want {
		numbers[i] = float32(v)
	}
	return distance(got, numbers)
}

// TestPrecisionChoosesRoundedMethods for what BFloat16 says, and for nothing else; its data gradients are convolutions
// within its tolerance.
func TestPrecisionChoosesRoundedMethods(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	kern := kernelsOf(isa.Best())
	pixels := Float32 // of 1×1
	if kern.matrix != nil {
		pixels = BFloat16
	}
	for _, c := range []struct {
		in, out, k, side int
		forward, grad    Precision
	}{
		{16, 16, 3, 12, BFloat16, BFloat16},
		{128, 128, 3, 6, BFloat16, BFloat16},
		{16, 16, 1, 12, pixels, pixels},
		{3, 16, 3, 12, Float32, Float32},
		{16, 2, 3, 12, Float32, Float32},
		{256, 256, 3, 4, BFloat16, BFloat16}, // more sums than fit into a cache: its planes are split
	} {
		x, z := newFeature(r, 2, c.in, c.side, c.side, false), newFeature(r, 2, c.out, c.side, c.side, false)
		if by := chooseMethod(kern, BFloat16, x.m, z.m, c.k); by.precision() != c.forward {
			t.Errorf("%v: method %d", c, by)
		}
		if by := chooseGradMethod(kern, BFloat16, z.m, x.m, c.k); by.precision() != c.grad {
			t.Errorf("%v: weight gradient by method %d", c, by)
		}
		for _, by := range []method{
			chooseMethod(kern, Float32, x.m, z.m, c.k), chooseGradMethod(kern, Float32, z.m, x.m, c.k),
		} {
			if by.precision() != Float32 {
				t.Errorf("%v: method %d in float32", c, by)
			}
		}
		w := randomWeights(r, c.out*c.in*c.k*c.k)
		gradient := func(p Precision) []float32 {
			f := must[*Forward](t)(NewGradData(isa.Best(), p, z.m, x.m, c.k, x.m))
			x.store()
			run(f, &Args{X: z.data, Z: x.data, Addend: x.data}, w)
			dx := make([]float32, len(x.values))
			x.m.Load(dx, x.data)
			return dx
		}
		off := distance(gradient(BFloat16), gradient(Float32))
		if rounds := off > 1e-4; rounds != (c.forward == BFloat16) || off > bf16Tolerance {
			t.Errorf("%v: data gradients differ by %.2g", c, off)
		}
	}
}
