package conv

import (
	"math"
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/layout"
)

// A feature is a feature map with its row-major float64 values.
type feature struct {
	m      layout.Map
	data   []float32
	values []float64
}

// newFeature makes a map of random numbers. With inView it is channels 16 … 16+c of a map of 32 more channels, whose
// other channels are NaN.
func newFeature(r *rand.Rand, n, c, h, w int, inView bool) feature {
	f := emptyFeature(n, c, h, w, inView)
	for i := range f.values {
		f.values[i] = float64(float32(r.Float64()*2 - 1))
	}
	f.store()
	return f
}

// emptyFeature returns a map filled with NaN, border included.
func emptyFeature(n, c, h, w int, inView bool) feature {
	f := feature{m: layout.New(n, c, h, w), values: make([]float64, n*c*h*w)}
	start := 0
	size := f.m.Size()
	if inView {
		whole := layout.New(n, c+32, h, w)
		var err error
		if f.m, start, err = whole.View(16, c); err != nil {
			panic(err)
		}
		size = whole.Size()
	}
	all := make([]float32, size)
	for i := range all {
		all[i] = float32(math.NaN())
	}
	f.data = all[start:]
	return f
}

// store writes the values into the map.
func (f feature) store() {
	row := make([]float32, len(f.values))
	for i, v := range f.values {
		row[i] = float32(v)
	}
	f.m.Store(f.data, row)
}

// roundedTo rounds the map's numbers to a precision and returns it.
func (f feature) roundedTo(p Precision) feature {
	if p == BFloat16 {
		for i, v := range f.values {
			f.values[i] = float64(fromBF16(roundBF16(float32(v))))
		}
		f.store()
	}
	return f
}

// compare checks the map against values, and that border and surplus channels are zero. It returns the relative
// error.
func (f feature) compare(t *testing.T, what string, want []float64) float64 {
	t.Helper()
	m := f.m
	var diff, norm float64
	for n := range m.N {
		for p := range m.Planes {
			for h := -1; h <= m.H; h++ {
				for w := -1; w <= m.W; w++ {
					for b := range m.Block {
						c := p*m.Block + b
						got := float64(f.data[m.Pixel(n, p, h, w)+b])
						expected := 0.0
						if c < m.C && h >= 0 && h < m.H && w >= 0 && w < m.W {
							expected = want[((n*m.C+c)*m.H+h)*m.W+w]
						} else if got != 0 {
							t.Fatalf("%s: sample %d channel %d row %d column %d is %v, want the border's zero", what,
								n, c, h, w, got)
						}
						if math.IsNaN(got) {
							t.Fatalf("%s: sample %d channel %d row %d column %d is not written", what, n, c, h, w)
						}
						diff += (got - expected) * (got - expected)
						norm += expected * expected
					}
				}
			}
		}
	}
	err := math.Sqrt(diff / norm)
	if !(err < tolerance) {
		t.Fatalf("%s: relative error %.2g", what, err)
	}
	return err
}

// tolerance is the relative error of float32 sums of a few thousand products, with a margin.
const tolerance = 2e-6

func randomWeights(r *rand.Rand, n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(r.Float64()*2 - 1)
	}
	return w
}
