package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// The definitions of the kernels of matrices in plain Go.

// dotTile is Intel's definition of TDPBF16PS: acc [16][16] += a [16 rows][16 pairs] · b [16 pairs][16 columns].
// Products of the first and of the second of each pair have sums of their own, which are added at the end.
func dotTile(acc *[tilePixels][lanes]float32, a, b *[tilePixels][lanes][2]uint16) {
	for row := range acc {
		for col := range acc[row] {
			var sums [2]float32
			for k := range lanes {
				for i := range sums {
					sums[i] = fmaBF16(sums[i], fromBF16(a[row][k][i]), fromBF16(b[k][col][i]))
				}
			}
			acc[row][col] = flush(flush(acc[row][col]) + flush(sums[0]+sums[1]))
		}
	}
}

// tileAt loads the rows of a tile, which are `step` bytes apart.
func tileAt(p *float32, at, step int) (tile [tilePixels][lanes][2]uint16) {
	for row := range tile {
		tile[row] = *(*[lanes][2]uint16)(offsetPointer(p, at+row*step))
	}
	return tile
}

func definedProducts(m *matrixMultiplier) func(*matrixArgs) {
	return func(a *matrixArgs) {
		for t := range a.count * m.tiles {
			for b := range m.blocks {
				tile := func(p, last *float32, block, lastBlock int) *[tilePixels][lanes]float32 {
					if t%m.tiles == m.tiles-1 {
						p, block, t := last, lastBlock, t-m.tiles+1
						return (*[tilePixels][lanes]float32)(offsetPointer(p, b*block+4*t*tileFloats))
					}
					return (*[tilePixels][lanes]float32)(offsetPointer(p, b*block+4*t*tileFloats))
				}
				sums := tile(a.z, a.last, a.zBlock, a.lastBlock)
				if a.addend == nil {
					*sums = [tilePixels][lanes]float32{}
				} else {
					*sums = *tile(a.addend, a.lastAddend, a.addendBlock, a.lastAddendBlock)
				}
				for g := range a.groups {
					for tap := range m.taps * a.tapRows {
						x := tileAt(a.x, g*a.xGroup+tap/m.taps*a.xRow+(t*tilePixels+tap%m.taps)*pixelBytes, pixelBytes)
						w := tileAt(a.w, 4*((g*m.taps*a.tapRows+tap)*m.blocks+b)*tileFloats, pixelBytes)
						dotTile(sums, &x, &w)
					}
				}
			}
		}
	}
}

func definedGradient(a *matrixGradArgs, taps int) {
	for tap, shift := range a.taps[:taps] {
		sums := (*[tilePixels][lanes]float32)(offsetPointer(a.sums, 4*tap*tileFloats))
		if a.add == 0 {
			*sums = [tilePixels][lanes]float32{}
		}
		for step := range a.steps {
			x, dz := tileAt(a.x, step*2*stepPixels, a.xStep), tileAt(a.dz, shift+4*step*tileFloats, pixelBytes)
			dotTile(sums, &x, &dz)
		}
	}
}

// words returns the place of a bfloat16.
func words(p *float32, at int) *uint16 { return (*uint16)(offsetPointer(p, at)) }

// definedKernels are the kernels of matrices in plain Go.
func definedKernels() *matrixKernels {
	number := func(p *float32, at, channel int) uint16 { return roundBF16(*offset(p, at+4*channel)) }
	k := &matrixKernels{
		round: func(a *roundArgs) {
			for i := range a.count {
				for c := range lanes {
					*words(a.to, i*pixelBytes+2*c) = number(a.from, i*a.fromStep, c)
					second := words(a.to, i*pixelBytes+2*(lanes+c))
					*second = 0
					if a.other != nil {
						*second = number(a.other, i*a.fromStep, c)
					}
				}
			}
		},
		interleave: func(a *roundArgs) {
			for i := range a.count {
				for c := range lanes {
					*words(a.to, i*a.toStep+4*c) = number(a.from, i*a.fromStep, c)
					*words(a.to, i*a.toStep+4*c+2) = number(a.other, i*a.fromStep, c)
				}
			}
		},
		pairs: func(a *roundArgs) {
			for i := range 2 * a.count {
				for c := range lanes {
					v := number(a.from, i*pixelBytes, c)
					*words(a.to, i/2*pixelBytes+4*c+i%2*2) = v
					if i > 0 && i < 2*a.count-1 {
						*words(a.to, a.toStep+(i-1)/2*pixelBytes+4*c+(i-1)%2*2) = v
					}
				}
			}
		},
		transpose: func(a *roundArgs) {
			for i := range a.count * stepPixels {
				for c := range lanes {
					*words(a.to, c*a.toStep+2*i) = number(a.from, i*pixelBytes, c)
				}
			}
		},
		alternate: func(a *roundArgs) {
			for i := range 2 * a.count {
				from := a.from
				if i%2 == 1 {
					from = a.other
				}
				to := (*[lanes]float32)(offsetPointer(a.to, i*pixelBytes))
				*to = *(*[lanes]float32)(offsetPointer(from, i/2*pixelBytes))
			}
		},
	}
	for _, taps := range []int{3, 1} {
		for blocks, most := range []int{1: 4, 2: 3} {
			for tiles := 1; tiles <= most; tiles++ {
				m := matrixMultiplier{taps: taps, blocks: blocks, tiles: tiles}
				m.run = definedProducts(&matrixMultiplier{taps: taps, blocks: blocks, tiles: tiles})
				k.multipliers = append(k.multipliers, m)
			}
		}
	}
	for _, taps := range []int{9, 4, 1} {
		k.gradients = append(k.gradients, matrixGradient{taps, func(a *matrixGradArgs) { definedGradient(a, taps) }})
	}
	return k
}

// TestPlansOfMatrices runs plans with kernels in plain Go, which every processor has.
func TestPlansOfMatrices(t *testing.T) {
	before := *portable
	defer func() { *portable = before }()
	portable.blocks, portable.matrix = 2, definedKernels()
	for i, s := range []size{
		{n: 2, in: 16, out: 16, h: 5, w: 7},
		{n: 1, in: 48, out: 32, h: 4, w: 6, inView: true},
		{n: 1, in: 17, out: 48, h: 2, w: 15, outView: true},
	} {
		for name, check := range map[string]func(*testing.T, isa.Set, Precision, size, *rand.Rand){
			"convolution": checkConvolution, "data gradient": checkDataGradient, "epilogue": checkEpilogue,
			"transposed convolution": checkTransposed, "weight gradient": checkWeightGradient,
		} {
			t.Run(fmt.Sprint(name, " ", s), func(t *testing.T) {
				check(t, isa.Portable, BFloat16, s, rand.New(rand.NewPCG(uint64(i), 15)))
			})
		}
	}
}

// matrixKernelsHere returns the kernels of AMX, and skips a test where there are none.
func matrixKernelsHere(t *testing.T) *matrixKernels {
	t.Helper()
	k := kernelsOf(isa.Best()).matrix
	if k == nil {
		t.Skip("this processor has no AMX: there is nothing to compare with plain Go")
	}
	return k
}

// bits returns words of two bfloat16 of all kinds: any numbers, numbers near the smallest and the largest, and those of
// a network.
func bits(r *rand.Rand, kind, n int) []float32 {
	kinds := []func() uint32{
		r.Uint32,
		func() uint32 { return r.Uint32()&0x807f | uint32(120+r.IntN(12))<<7 },
		func() uint32 { return r.Uint32()&0x807f | uint32(50+r.IntN(30))<<7 },
		func() uint32 { return r.Uint32()&0x807f | uint32(185+r.IntN(10))<<7 },
		func() uint32 { return r.Uint32()&0x807f | uint32(r.IntN(2)*126)<<7 },
		func() uint32 { return r.Uint32()&0x8000 | uint32(62+r.IntN(3))<<7 },
		func() uint32 { return r.Uint32()&0x807f | uint32(190+r.IntN(2)*64)<<7 },
	}
	words := make([]float32, n)
	for i := range words {
		f := kinds[kind%len(kinds)]
		words[i] = math.Float32frombits(f()&0xffff | f()<<16)
	}
	return words
}

func TestProductsOfMatricesAreTheirDefinition(t *testing.T) {
	k := matrixKernelsHere(t)
	const groups, row, count = 3, 11, 2
	for i := range k.multipliers {
		m := &k.multipliers[i]
		for round := range 14 {
			r := rand.New(rand.NewPCG(uint64(round), 11))
			group := (2*row + 2 + count*m.tiles*tilePixels) * lanes
			x, w := bits(r, round, groups*group), bits(r, round, groups*9*m.blocks*tileFloats)
			size := count * m.tiles * tileFloats
			addend := randomWeights(r, 2*(m.blocks*size+8))
			var result [2][]float32
			for i, f := range []func(*matrixArgs){m.run, definedProducts(m)} {
				result[i] = make([]float32, 2*m.blocks*size)
				a := &matrixArgs{
					x: &x[0], w: &w[0], z: &result[i][0], config: &wholeTiles, xGroup: 4 * group, xRow: 4 * row * lanes,
					zBlock: 4 * size, addendBlock: 4*size + 4, groups: groups, tapRows: 3 - round%2, count: count,
					last: &result[i][m.blocks*size], lastBlock: 4 * size, lastAddendBlock: 4*size + 8,
				}
				if round >= 7 {
					a.addend, a.lastAddend = &addend[0], &addend[m.blocks*size+1]
				}
				f(a)
			}
			what := fmt.Sprintf("%d taps, %d blocks, %d tiles, round %d", m.taps, m.blocks, m.tiles, round)
			sameBits(t, what, result[0], result[1])
		}
	}
}

func TestGradientsOfMatricesAreTheirDefinition(t *testing.T) {
	k := matrixKernelsHere(t)
	const steps, row = 3, 10
	for round := range 14 {
		r := rand.New(rand.NewPCG(uint64(round), 12))
		xStep := (steps + 1) * 2 * stepPixels
		x, dz := bits(r, round, lanes*xStep/4), bits(r, round, 2*(steps*tilePixels+2*row)*lanes)
		before := randomWeights(r, 9*tileFloats)
		a := matrixGradArgs{config: &wholeTiles, xStep: xStep, steps: steps, add: round / 7}
		for tap := range a.taps {
			a.taps[tap] = pixelBytes * (tap * row / 3)
		}
		for _, g := range k.gradients {
			var result [2][]float32
			for i, f := range []func(*matrixGradArgs){g.run, func(a *matrixGradArgs) { definedGradient(a, g.taps) }} {
				result[i] = append([]float32(nil), before...)
				a.x, a.dz, a.sums = &x[0], &dz[0], &result[i][0]
				f(&a)
			}
			sameBits(t, fmt.Sprintf("%d taps, round %d", g.taps, round), result[0], result[1])
		}
	}
}

// TestRoundedPixelsAreTheirDefinition compares the kernels that round and move numbers.
func TestRoundedPixelsAreTheirDefinition(t *testing.T) {
	fast, slow := matrixKernelsHere(t), definedKernels()
	r := rand.New(rand.NewPCG(1, 13))
	const pixels = 2 * stepPixels
	for round := range 7 {
		first, second := bits(r, round, 4*pixels*lanes), bits(r, round, 4*pixels*lanes)
		for _, c := range []struct {
			name       string
			fast, slow func(*roundArgs)
			args       roundArgs
		}{
			{"two planes", fast.round, slow.round, roundArgs{other: &second[0], fromStep: pixelBytes, count: pixels}},
			{"one plane", fast.round, slow.round, roundArgs{fromStep: pixelBytes, count: pixels}},
			{"every second pixel", fast.round, slow.round, roundArgs{
				other: &second[0], fromStep: 2 * pixelBytes, count: pixels,
			}},
			{"interleaved", fast.interleave, slow.interleave, roundArgs{
				other: &second[0], fromStep: 3 * pixelBytes, toStep: 2 * pixelBytes, count: pixels,
			}},
			{"one interleaved", fast.interleave, slow.interleave, roundArgs{other: &second[0], count: 1}},
			{"pairs", fast.pairs, slow.pairs, roundArgs{toStep: 2 * pixels * pixelBytes, count: pixels}},
			{"one pair", fast.pairs, slow.pairs, roundArgs{toStep: pixelBytes, count: 1}},
			{"transposed", fast.transpose, slow.transpose, roundArgs{toStep: 2 * (pixels + 6), count: 2}},
			{"in turn", fast.alternate, slow.alternate, roundArgs{other: &second[0], count: pixels}},
		} {
			var result [2][]float32
			for i, f := range []func(*roundArgs){c.fast, c.slow} {
				result[i] = randomWeights(rand.New(rand.NewPCG(1, 16)), 4*pixels*lanes)
				c.args.from, c.args.to, c.args.order = &first[0], &result[i][0], &interleaved
				f(&c.args)
			}
			for i, v := range result[1] {
				if got := math.Float32bits(result[0][i]); got != math.Float32bits(v) {
					t.Fatalf("%s: word %d is %x, want %x", c.name, i, got, math.Float32bits(v))
				}
			}
		}
	}
}

// TestWeightGradientsOfMatricesInStrips has maps of more pixels, samples and planes than a piece takes at once, with
// rows of odd and even numbers of pixels.
func TestWeightGradientsOfMatricesInStrips(t *testing.T) {
	matrixKernelsHere(t)
	for i, s := range []size{
		{n: 3, in: 16, out: 32, h: 70, w: 71},
		{n: 37, in: 48, out: 16, h: 5, w: 5},
		{n: 2, in: 16, out: 16, h: 3, w: 2900},
		{n: 2, in: 144, out: 160, h: 6, w: 7},
		{n: 33, in: 128, out: 128, h: 6, w: 6},
		{n: 5, in: 32, out: 16, h: 41, w: 60},
	} {
		r := rand.New(rand.NewPCG(uint64(i), 14))
		x := newFeature(r, s.n, s.in, s.h, s.w, false).roundedTo(BFloat16)
		dz := newFeature(r, s.n, s.out, s.h, s.w, false).roundedTo(BFloat16)
		g := must[*GradWeight](t)(newGradWeight(isa.Best(), dz.m, x.m, 3, matrices))
		t.Logf("%v: %d parts, %d strips of %d rows a sample, %d at once", s, g.matrix.parts, g.matrix.strips,
			g.matrix.rows, g.matrix.each)
		checkGradient(t, g, dz, x, gradientOf(s, 3, x, dz), r)
	}
}

// BenchmarkProductsOfMatrices measures the kernels in a loop of their own, over factors and sums of 100 KB: zeros, and
// random numbers, for which the processor takes longer.
func BenchmarkProductsOfMatrices(b *testing.B) {
	k := kernelsOf(isa.Best()).matrix
	if k == nil {
		b.Skip("this processor has no AMX")
	}
	const groups, row, count = 2, 14, 3
	for i := range k.multipliers {
		m := &k.multipliers[i]
		group := (2*row + 2 + count*m.tiles*tilePixels) * lanes
		size := count * m.tiles * tileFloats
		for _, numbers := range []string{"zeros", "random"} {
			b.Run(fmt.Sprintf("taps=%d/blocks=%d/tiles=%d/%s", m.taps, m.blocks, m.tiles, numbers), func(b *testing.B) {
				x, w := make([]float32, groups*group), make([]float32, groups*9*m.blocks*tileFloats)
				if numbers == "random" {
					r := rand.New(rand.NewPCG(1, 17))
					x, w = bits(r, 1, len(x)), bits(r, 1, len(w))
				}
				z := make([]float32, m.blocks*size)
				a := &matrixArgs{
					x: &x[0], w: &w[0], z: &z[0], last: &z[(m.tiles-1)*tileFloats], config: &wholeTiles,
					xGroup: 4 * group, xRow: 4 * row * lanes, zBlock: 4 * size, lastBlock: 4 * size,
					groups: groups, tapRows: m.taps, count: count,
				}
				for b.Loop() {
					m.run(a)
				}
				products := float64(b.N * groups * m.taps * m.taps * count * m.tiles * m.blocks)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/products, "ns/product")
				b.ReportMetric(products*2*tilePixels*lanes*groupLanes/float64(b.Elapsed().Nanoseconds()), "GFLOPS")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
