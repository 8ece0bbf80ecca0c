package kernel

import (
	"math"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// TestFunctions compares each number of the functions with float64, from arguments close to zero, where e^u − 1 loses
// digits if it is computed as written, to such that e^u is no float32. Their number is no multiple of a vector.
func TestFunctions(t *testing.T) {
	sigmoid := func(u float64) float64 { return 1 / (1 + math.Exp(-u)) }
	var u, d []float32
	for i := range 37 {
		x := float32(math.Exp(float64(i)/37*30 - 23)) // 1e-10 to 900
		u, d = append(u, x, -x), append(d, 2, -3)
	}
	u, d = append(u, 0), append(d, 5)
	for _, set := range isa.Available() {
		k := For(set)
		for name, f := range map[string]struct {
			run  func(out []float32)
			want func(u, d float64) float64
		}{
			"elu": {func(out []float32) { k.ELU(out, u) }, func(u, _ float64) float64 {
				return max(u, math.Expm1(min(u, 0)))
			}},
			"elu gradient": {func(out []float32) { k.ELUGrad(out, u, d) }, func(u, d float64) float64 {
				return d * math.Exp(min(u, 0))
			}},
			"silu": {func(out []float32) { k.SiLU(out, u) }, func(u, _ float64) float64 { return u * sigmoid(u) }},
			"silu gradient": {func(out []float32) { k.SiLUGrad(out, u, d) }, func(u, d float64) float64 {
				return d * sigmoid(u) * (1 + u*(1-sigmoid(u)))
			}},
		} {
			t.Run(set.String()+" "+name, func(t *testing.T) {
				out := make([]float32, len(u))
				f.run(out)
				for i, got := range out {
					want := f.want(float64(u[i]), float64(d[i]))
					if diff := math.Abs(float64(got) - want); !(diff <= 4e-7*math.Abs(want)+1e-33) {
						t.Errorf("of %g and %g is %g, want %g", u[i], d[i], got, want)
					}
				}
			})
		}
	}
}
