package conv

import (
	"math/rand/v2"
	"slices"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// TestSameBitsInAnyOrder runs the pieces of plans of all methods forwards by one worker, and backwards by two whose
// memory holds what other pieces left there.
func TestSameBitsInAnyOrder(t *testing.T) {
	forEach(t, func(t *testing.T, set isa.Set, s size, r *rand.Rand) {
		x, dz := newFeature(r, s.n, s.in, s.h, s.w, s.inView), newFeature(r, s.n, s.out, s.h, s.w, s.outView)
		w := randomWeights(r, s.out*s.in*9)
		order := weightOrder{out: s.in * 9, in: 9, row: 3, col: 1}
		for _, by := range methods(set, x.m, dz.m) {
			f := must[*Forward](t)(newConv(set, x.m, dz.m, 3, Epilogue{Statistics: true}, order, by))
			gradient := by
			if !slices.Contains(gradMethods(set, x.m, dz.m), by) {
				gradient = direct
			}
			g := must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, 3, gradient))
			var first [][]float32
			for _, workers := range []int{1, 2} {
				var pool []*Worker
				for range workers {
					pool = append(pool, NewWorker(max(f.ScratchSize(), g.ScratchSize())))
				}
				z := emptyFeature(s.n, s.out, s.h, s.w, s.outView)
				a := &Args{
					X: x.data, Z: z.data, W: make([]float32, f.PackedSize()),
					Sums: make([]float64, f.SumsSize()),
				}
				for i := range f.PackPieces() {
					f.Pack(i, a.W, w)
				}
				b := &GradArgs{DZ: dz.data, X: x.data, Partials: make([]float32, g.PartialsSize())}
				each(f.Pieces(), pool, func(i int, w *Worker) { f.Do(i, a, w) })
				each(g.Pieces(), pool, func(i int, w *Worker) { g.Do(i, b, w) })
				stats, dw, values := make([]float32, 2*s.out), make([]float32, len(w)), make([]float32, len(z.values))
				f.Statistics(stats, a.Sums)
				each(g.ReducePieces(), pool, func(i int, _ *Worker) { g.Reduce(i, dw, nil, b.Partials) })
				z.m.Load(values, z.data)
				if workers == 1 {
					first = [][]float32{values, stats, dw}
					continue
				}
				for i, what := range []string{"z", "statistics", "weight gradient"} {
					if !slices.Equal(first[i], [][]float32{values, stats, dw}[i]) {
						t.Errorf("method %d: %s differs in its bits", by, what)
					}
				}
			}
		}
	})
}

// each runs all pieces, from the first with one worker and from the last with several.
func each(pieces int, pool []*Worker, do func(int, *Worker)) {
	for i := range pieces {
		if len(pool) > 1 {
			i = pieces - 1 - i
		}
		do(i, pool[i%len(pool)])
	}
}
