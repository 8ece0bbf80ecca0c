package conv

import (
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

func TestTransposedConvolutionIsItsDefinition(t *testing.T) { forEachExact(t, checkTransposed) }

func checkTransposed(t *testing.T, set isa.Set, p Precision, s size, r *rand.Rand) {
	t.Helper()
	x := newFeature(r, s.n, s.in, s.h, s.w, s.inView).roundedTo(p)
	y := emptyFeature(s.n, s.out, 2*s.h, 2*s.w, s.outView)
	w := roundedTo(p, randomWeights(r, s.in*s.out*4))
	bias := make([]float32, blocksOf(s.out)*lanes)
	copy(bias, randomWeights(r, s.out))
	f := must[*Forward](t)(NewUpForward(set, p, x.m, y.m, true))
	run(f, &Args{X: x.data, Z: y.data, Bias: bias}, w)

	// The data gradient of random dy, and the weight gradient of both.
	dy := newFeature(r, s.n, s.out, 2*s.h, 2*s.w, s.outView).roundedTo(p)
	dx := newFeature(r, s.n, s.in, s.h, s.w, s.inView).roundedTo(p)
	b := must[*Forward](t)(NewUpGradData(set, p, dy.m, dx.m, dx.m))
	want, wantDX, wantDW := make([]float64, len(y.values)), append([]float64(nil), dx.values...),
		make([]float64, len(w))
	run(b, &Args{X: dy.data, Z: dx.data, Addend: dx.data}, w)
	for n := range s.n {
		for o := range s.out {
			for h := range 2 * s.h {
				for c := range 2 * s.w {
					at := ((n*s.out+o)*2*s.h+h)*2*s.w + c
					want[at] = float64(bias[o])
					for i := range s.in {
						from, weight := ((n*s.in+i)*s.h+h/2)*s.w+c/2, ((i*s.out+o)*2+h%2)*2+c%2
						want[at] += x.values[from] * float64(w[weight])
						wantDX[from] += dy.values[at] * float64(w[weight])
						wantDW[weight] += dy.values[at] * x.values[from]
					}
				}
			}
		}
	}
	y.compare(t, "y", want)
	dx.compare(t, "dx", wantDX)
	checkGradient(t, must[*GradWeight](t)(NewUpGradWeight(set, p, dy.m, x.m)), dy, x, wantDW, r)
}
