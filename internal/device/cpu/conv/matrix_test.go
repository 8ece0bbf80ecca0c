package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

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

// TestRoundedPixelsAreTheirDefinition compares the three kernels that round, which also move numbers.
func TestRoundedPixelsAreTheirDefinition(t *testing.T) {
	k := matrixKernelsHere(t)
	r := rand.New(rand.NewPCG(1, 13))
	const pixels = 2 * stepPixels
	first, second := bits(r, 0, pixels*lanes), bits(r, 1, pixels*lanes)
	words := func(p []float32) []uint16 { return unsafe.Slice((*uint16)(unsafe.Pointer(&p[0])), 2*len(p)) }
	check := func(what string, to []float32, want func(pixel, channel int) (at int, v float32)) {
		t.Helper()
		for pixel := range pixels {
			for channel := range lanes {
				at, v := want(pixel, channel)
				if got := words(to)[at]; got != roundBF16(v) {
					t.Fatalf("%s: channel %d of pixel %d is %x, want %x", what, channel, pixel, got, roundBF16(v))
				}
			}
		}
	}
	to := make([]float32, pixels*lanes)
	for _, other := range []*float32{&second[0], nil} {
		k.round(&roundArgs{from: &first[0], other: other, to: &to[0], fromStep: pixelBytes, count: pixels})
		check("first plane", to, func(p, c int) (int, float32) { return p*groupLanes + c, first[p*lanes+c] })
		check("second plane", to, func(p, c int) (int, float32) {
			if other == nil {
				return p*groupLanes + lanes + c, 0
			}
			return p*groupLanes + lanes + c, second[p*lanes+c]
		})
	}
	k.round(&roundArgs{from: &first[0], to: &to[0], fromStep: 2 * pixelBytes, count: pixels / 2})
	check("every second pixel", to, func(p, c int) (int, float32) {
		return p/2*groupLanes + c, first[p/2*2*lanes+c]
	})
	k.interleave(&roundArgs{
		from: &first[0], other: &first[lanes], to: &to[0], order: &interleaved, fromStep: 2 * pixelBytes,
		toStep: pixelBytes, count: pixels / 2,
	})
	check("pairs", to, func(p, c int) (int, float32) { return p/2*groupLanes + 2*c + p%2, first[p*lanes+c] })
	both := make([]float32, pixels*lanes)
	k.pairs(&roundArgs{from: &first[0], to: &both[0], order: &interleaved, toStep: 2 * len(both), count: pixels / 4})
	const odd = pixels * lanes // in words
	check("even pairs", both, func(p, c int) (int, float32) {
		p %= pixels / 2
		return p/2*groupLanes + 2*c + p%2, first[p*lanes+c]
	})
	check("odd pairs", both, func(p, c int) (int, float32) {
		p = 1 + p%(pixels/2-2)
		return odd + (p-1)/2*groupLanes + 2*c + (p-1)%2, first[p*lanes+c]
	})
	turns := make([]float32, 2*pixels*lanes)
	k.alternate(&roundArgs{from: &first[0], other: &second[0], to: &turns[0], count: pixels})
	for i, v := range turns {
		want := first
		if i/lanes%2 == 1 {
			want = second
		}
		if math.Float32bits(v) != math.Float32bits(want[i/lanes/2*lanes+i%lanes]) {
			t.Fatalf("in turn: number %d is %g", i, v)
		}
	}
	const row = pixels + 6
	to = make([]float32, lanes*row/2)
	k.transpose(&roundArgs{from: &first[0], to: &to[0], order: &interleaved, toStep: 2 * row, count: 2})
	check("transposed", to, func(p, c int) (int, float32) { return c*row + p, first[p*lanes+c] })
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
