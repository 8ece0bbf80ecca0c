package conv

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

func TestWeightGradientIsItsDefinition(t *testing.T) { forEachExact(t, checkWeightGradient) }

func checkWeightGradient(t *testing.T, set isa.Set, p Precision, s size, r *rand.Rand) {
	t.Helper()
	for _, k := range []int{1, 3} {
		x := newFeature(r, s.n, s.in, s.h, s.w, s.inView).roundedTo(p)
		dz := newFeature(r, s.n, s.out, s.h, s.w, s.outView).roundedTo(p)
		want := gradientOf(s, k, x, dz)
		g := must[*GradWeight](t)(NewGradWeight(set, p, dz.m, x.m, k))
		checkGradient(t, g, dz, x, want, r)
		if by := gradMethods(set, x.m, dz.m); k == 3 && len(by) > 1 {
			for _, by := range by {
				checkGradient(t, must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, k, by)), dz, x, want, r)
			}
		}
	}
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
			for _, by := range gradMethods(set, x.m, dz.m) {
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
		if slices.Contains(gradMethods(set, x.m, dz.m), minimal3) {
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

// TestWeightGradientReadsItsRows: where pieces are sorted by sample, a piece reads the rows that Rows returns, of x
// also those beside them, and no others, so that tasks can take turns with rows.
func TestWeightGradientReadsItsRows(t *testing.T) {
	sorted := 0
	for _, set := range isa.Available() {
		for _, s := range []size{
			{n: 2, in: 16, out: 16, h: 99, w: 64}, {n: 2, in: 32, out: 16, h: 300, w: 31}, {n: 8, in: 48, out: 32, h: 20, w: 9},
		} {
			r := rand.New(rand.NewPCG(uint64(s.h), 4))
			x := newFeature(r, s.n, s.in, s.h, s.w, false)
			dz, dy := newFeature(r, s.n, s.out, s.h, s.w, false), newFeature(r, s.n, s.out, 2*s.h, 2*s.w, false)
			for _, p := range []Precision{Float32, BFloat16} {
				up := must[*GradWeight](t)(NewUpGradWeight(set, p, dy.m, x.m))
				sorted += readsItsRows(t, up, dy, x)
				for _, k := range []int{1, 3} {
					sorted += readsItsRows(t, must[*GradWeight](t)(NewGradWeight(set, p, dz.m, x.m, k)), dz, x)
				}
			}
		}
	}
	if sorted == 0 {
		t.Error("no plan has pieces sorted by sample")
	}
}

// readsItsRows runs each piece with NaN in all other rows, and returns the number of pieces of a sample.
func readsItsRows(t *testing.T, g *GradWeight, dz, x feature) int {
	t.Helper()
	only := func(f feature, sample, first, end int) []float32 {
		data := slices.Clone(f.data)
		for n := range f.m.N {
			for plane := range f.m.Planes {
				for h := -1; h <= f.m.H; h++ {
					if n == sample && h >= first && h < end {
						continue
					}
					row := data[f.m.Pixel(n, plane, h, -1):][:f.m.Row]
					for i := range row {
						row[i] = float32(math.NaN())
					}
				}
			}
		}
		return data
	}
	pieces, end := g.PiecesPerSample(), 0
	for piece := range pieces {
		first := end
		if from, to := g.Rows(piece); from != first || to <= from {
			t.Fatalf("piece %d has the rows %d to %d, the last one ended with %d", piece, from, to, end)
		} else {
			end = to
		}
		for n := range x.m.N {
			a := &GradArgs{
				DZ:       only(dz, n, first*dz.m.H/x.m.H-1, end*dz.m.H/x.m.H+1),
				X:        only(x, n, first-1, end+1),
				Partials: make([]float32, g.PartialsSize()),
			}
			g.Do(n*pieces+piece, a, usedWorker(g.ScratchSize()))
			if slices.ContainsFunc(a.Partials, func(v float32) bool { return v != v }) {
				t.Fatalf("piece %d of %d reads rows other than %d to %d", piece, pieces, first, end-1)
			}
		}
	}
	if pieces > 0 && end != x.m.H {
		t.Errorf("the last piece ends with row %d of %d", end, x.m.H)
	}
	return pieces
}

// checkGradient runs both stages, without and with accumulation.
func checkGradient(t *testing.T, g *GradWeight, dz, x feature, want []float64, r *rand.Rand) {
	t.Helper()
	a := &GradArgs{DZ: dz.data, X: x.data, Partials: make([]float32, g.PartialsSize())}
	worker := usedWorker(g.ScratchSize())
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
