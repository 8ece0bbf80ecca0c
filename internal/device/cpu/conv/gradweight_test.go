package conv

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

func TestWeightGradientIsItsDefinition(t *testing.T) {
	forEach(t, func(t *testing.T, set isa.Set, s size, r *rand.Rand) {
		for _, k := range []int{1, 3} {
			x := newFeature(r, s.n, s.in, s.h, s.w, s.inView)
			dz := newFeature(r, s.n, s.out, s.h, s.w, s.outView)
			want := gradientOf(s, k, x, dz)
			g := must[*GradWeight](t)(NewGradWeight(set, Float32, dz.m, x.m, k))
			checkGradient(t, g, dz, x, want, r)
			if by := methods(set, x.m, dz.m); k == 3 && len(by) > 1 {
				for _, by := range by {
					checkGradient(t, must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, k, by)), dz, x, want, r)
				}
			}
		}
	})
}

// gradientOf is the definition of the gradient of k×k weights.
func gradientOf(s size, k int, x, dz feature) []float64 {
	want := make([]float64, s.out*s.in*k*k)
	for n := range s.n {
		for o := range s.out {
			for i := range s.in {
				for u := range k {
					for v := range k {
						sum := 0.0
						for y := max(0, k/2-u); y < min(s.h, s.h+k/2-u); y++ {
							for c := max(0, k/2-v); c < min(s.w, s.w+k/2-v); c++ {
								sum += dz.values[((n*s.out+o)*s.h+y)*s.w+c] *
									x.values[((n*s.in+i)*s.h+y+u-k/2)*s.w+c+v-k/2]
							}
						}
						want[((o*s.in+i)*k+u)*k+v] += sum
					}
				}
			}
		}
	}
	return want
}

// TestSplitWeightGradientIsItsDefinition has more planes than a piece takes, on one side or on both, so that ranges of
// planes are ragged.
func TestSplitWeightGradientIsItsDefinition(t *testing.T) {
	for _, s := range []size{
		{n: 2, in: 144, out: 160, h: 6, w: 7}, {n: 1, in: 768, out: 16, h: 5, w: 5}, {n: 1, in: 32, out: 384, h: 9, w: 4},
	} {
		r := rand.New(rand.NewPCG(uint64(s.in), 3))
		x, dz := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, s.h, s.w, false)
		want := gradientOf(s, 3, x, dz)
		for _, set := range isa.Available() {
			for _, by := range methods(set, x.m, dz.m) {
				g := must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, 3, by))
				if by == minimal4 && (g.winograd.splits() == 1 || g.PiecesPerSample() != 0) {
					t.Errorf("%v: %d splits", s, g.winograd.splits())
				}
				checkGradient(t, g, dz, x, want, r)
			}
		}
	}
}

// TestWeightGradientOfFewPixelsIsItsDefinition has more sums than pixels: planes are halved, the odd number too, and
// 1×1 weights take all samples at once.
func TestWeightGradientOfFewPixelsIsItsDefinition(t *testing.T) {
	s := size{n: 3, in: 112, out: 128, h: 6, w: 6}
	r := rand.New(rand.NewPCG(uint64(s.in), 3))
	x, dz := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, s.h, s.w, false)
	for _, set := range isa.Available() {
		if slices.Contains(methods(set, x.m, dz.m), minimal3) {
			g := must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, 3, minimal3))
			if w := g.winograd; w.splits() != 4 || w.pieces() < fewestParts || g.PiecesPerSample() != 0 {
				t.Errorf("%d splits, %d pieces", w.splits(), w.pieces())
			}
			checkGradient(t, g, dz, x, gradientOf(s, 3, x, dz), r)
		}
		g := must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, 1, direct))
		if pairs := 7 * 8; g.together || g.Pieces() != pairs || g.PartialsSize() != 256*pairs {
			t.Errorf("1×1: %d pieces, %d partial sums", g.Pieces(), g.PartialsSize())
		}
		checkGradient(t, g, dz, x, gradientOf(s, 1, x, dz), r)
	}
}

// checkGradient runs both stages, without and with accumulation.
func checkGradient(t *testing.T, g *GradWeight, dz, x feature, want []float64, r *rand.Rand) {
	t.Helper()
	a := &GradArgs{DZ: dz.data, X: x.data, Partials: make([]float32, g.PartialsSize())}
	worker := NewWorker(g.ScratchSize())
	for i := g.Pieces() - 1; i >= 0; i-- {
		g.Do(i, a, worker)
	}
	dw := make([]float32, len(want))
	for i := range g.ReducePieces() {
		g.Reduce(i, dw, nil, a.Partials)
	}
	acc := randomWeights(r, len(want))
	sum := append([]float32(nil), acc...)
	for i := range g.ReducePieces() {
		g.Reduce(i, sum, sum, a.Partials)
	}
	var diff, norm, accumulated float64
	for i, v := range want {
		diff += (float64(dw[i]) - v) * (float64(dw[i]) - v)
		norm += v * v
		accumulated = max(accumulated, math.Abs(float64(sum[i])-float64(acc[i])-float64(dw[i])))
	}
	if err := math.Sqrt(diff / norm); !(err < tolerance) {
		t.Fatalf("relative error %.2g", err)
	}
	if !(accumulated < 1e-4) {
		t.Fatalf("accumulation is off by %g", accumulated)
	}
}
