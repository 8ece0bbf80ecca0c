package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// filtering has the matrices of minimal filtering by its points, in float64: of the inputs (Bᵀ), of the outputs (A) and
// of the weights (G). The last point is infinity.
func filtering(points []float64) (inputs, outputs, weights [][]float64) {
	m := len(points) - 1
	through := func(skip int) []float64 { // coefficients of the product of t − p over the other points
		c := append([]float64{1}, make([]float64, m+1)...)
		for k, p := range points {
			if k == skip {
				continue
			}
			for i := m + 1; i > 0; i-- {
				c[i] = c[i-1] - p*c[i]
			}
			c[0] *= -p
		}
		return c
	}
	for j, p := range points {
		norm := 1.0
		for k, q := range points {
			if k != j {
				norm *= p - q
			}
		}
		inputs = append(inputs, through(j))
		weights = append(weights, []float64{1 / norm, p / norm, p * p / norm})
		powers := make([]float64, m)
		for i := range powers {
			powers[i] = math.Pow(p, float64(i))
		}
		outputs = append(outputs, powers)
	}
	last := make([]float64, m)
	last[m-1] = 1
	return append(inputs, through(-1)), append(outputs, last), append(weights, []float64{0, 0, 1})
}

// sandwich returns element (i, j) of T·X·Tᵀ.
func sandwich(t [][]float64, i, j int, x func(r, c int) float64) (sum float64) {
	for r, a := range t[i] {
		for c, b := range t[j] {
			sum += a * b * x(r, c)
		}
	}
	return sum
}

// summedProducts is the weight gradient of one pair of channels by minimal filtering in float64 whose factors are
// rounded as told, and the same sum of the terms' absolute values.
func summedProducts(x, dz feature, in, out int, points []float64, round func(float64) float64) (dw, size [9]float64) {
	inputs, outputs, weights := filtering(points)
	m, n := len(points)-1, len(inputs)
	at := func(f feature, s, c, row, col int) float64 {
		if row < 0 || col < 0 || row >= f.m.H || col >= f.m.W {
			return 0
		}
		return f.values[((s*f.m.C+c)*f.m.H+row)*f.m.W+col]
	}
	for i := range n {
		for j := range n {
			sum, absolute := 0.0, 0.0
			for s := range x.m.N {
				for row := 0; row < x.m.H; row += m {
					for col := 0; col < x.m.W; col += m {
						v := sandwich(inputs, i, j, func(r, c int) float64 { return at(x, s, in, row+r-1, col+c-1) })
						d := sandwich(outputs, i, j, func(r, c int) float64 { return at(dz, s, out, row+r, col+c) })
						sum += round(v) * round(d)
						absolute += math.Abs(round(v) * round(d))
					}
				}
			}
			for tap := range dw {
				g := weights[i][tap/3] * weights[j][tap%3]
				dw[tap] += g * sum
				size[tap] += math.Abs(g) * absolute
			}
		}
	}
	return dw, size
}

// TestWeightGradientSumsRoundedFactors: it is the sum of the products of factors that are rounded to bfloat16 behind
// their transforms, within the rounding of float32. Maps of whole numbers have transforms without any error, so
// that factors in float64 are rounded to the same numbers.
func TestWeightGradientSumsRoundedFactors(t *testing.T) {
	const tolerance = 5e-7 // of the sum of absolute values
	round := func(x float64) float64 { return float64(fromBF16(roundBF16(float32(x)))) }
	exactly := func(x float64) float64 { return x }
	points := map[method][]float64{rounded4: {0, pointA, -pointA, pointB, -pointB}, rounded2: {0, 1, -1}}
	for _, size := range [][3]int{{1, 4, 4}, {2, 12, 8}, {3, 9, 15}} {
		r := rand.New(rand.NewPCG(uint64(size[1]), 10))
		whole := func(channels, largest int) feature {
			f := newFeature(r, size[0], channels, size[1], size[2], false)
			for i := range f.values {
				f.values[i] = float64(r.IntN(2*largest+1) - largest)
			}
			f.store()
			return f
		}
		for by, p := range points {
			largest := 40 // the fractions of tiles of 4×4 take some bits
			if by == rounded2 {
				largest = 400
			}
			x, dz := whole(32, largest), whole(16, largest)
			for _, set := range isa.Available() {
				t.Run(fmt.Sprint(size, set, p), func(t *testing.T) {
					g := must[*GradWeight](t)(newGradWeight(set, dz.m, x.m, 3, by))
					got := weightGradient(g, dz, x, 16*32*9)
					worst, unrounded := 0.0, 0.0
					for out := range 16 {
						for in := out; in < 32; in += 5 {
							want, scale := summedProducts(x, dz, in, out, p, round)
							other, _ := summedProducts(x, dz, in, out, p, exactly)
							for tap, w := range want {
								v := float64(got[(out*32+in)*9+tap])
								worst = max(worst, math.Abs(v-w)/scale[tap])
								unrounded = max(unrounded, math.Abs(v-other[tap])/scale[tap])
							}
						}
					}
					t.Logf("off by %.2g, and by %.2g without rounding", worst, unrounded)
					if worst > tolerance {
						t.Errorf("off by %.2g of its terms; want at most %.2g", worst, tolerance)
					}
					if unrounded < 100*tolerance {
						t.Errorf("it is within %.2g of factors that are not rounded", unrounded)
					}
				})
			}
		}
	}
}
