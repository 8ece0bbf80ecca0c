package conv

import (
	"math"
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

func TestWeightGradientIsItsDefinition(t *testing.T) {
	forEach(t, func(t *testing.T, set isa.Set, s size, r *rand.Rand) {
		for _, k := range []int{1, 3} {
			x := newFeature(r, s.n, s.in, s.h, s.w, s.inView)
			dz := newFeature(r, s.n, s.out, s.h, s.w, s.outView)
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
