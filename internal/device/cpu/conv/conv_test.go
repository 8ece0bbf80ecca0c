package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/cpu/layout"
)

// naive is the definition of the convolution: z[n, o, y, x] = Σ w(o, i, u, v) · x[n, i, y+u−k/2, x+v−k/2].
func naive(x feature, out, k int, w func(o, i, u, v int) float32) []float64 {
	m := x.m
	z := make([]float64, m.N*out*m.H*m.W)
	for n := range m.N {
		for o := range out {
			for i := range m.C {
				for u := range k {
					for v := range k {
						weight := float64(w(o, i, u, v))
						for y := max(0, k/2-u); y < min(m.H, m.H+k/2-u); y++ {
							for c := max(0, k/2-v); c < min(m.W, m.W+k/2-v); c++ {
								z[((n*out+o)*m.H+y)*m.W+c] += weight * x.values[((n*m.C+i)*m.H+y+u-k/2)*m.W+c+v-k/2]
							}
						}
					}
				}
			}
		}
	}
	return z
}

// A size is a shape class of convolutions.
type size struct {
	n, in, out, h, w int
	inView, outView  bool
}

func (s size) String() string {
	return fmt.Sprintf("%dx%d-%dx%dx%d view=%v,%v", s.n, s.in, s.out, s.h, s.w, s.inView, s.outView)
}

var sizes = []size{
	{n: 1, in: 16, out: 16, h: 24, w: 48},
	{n: 1, in: 32, out: 32, h: 12, w: 24},
	{n: 1, in: 64, out: 64, h: 12, w: 12},
	{n: 1, in: 128, out: 128, h: 6, w: 6},
	{n: 7, in: 32, out: 16, h: 6, w: 6},
	{n: 1, in: 1, out: 16, h: 9, w: 13},
	{n: 2, in: 3, out: 16, h: 7, w: 71},
	{n: 1, in: 4, out: 40, h: 5, w: 5},
	{n: 1, in: 2, out: 3, h: 4, w: 6},
	{n: 2, in: 3, out: 1, h: 3, w: 7},
	{n: 1, in: 5, out: 24, h: 11, w: 10},
	{n: 1, in: 24, out: 5, h: 3, w: 1},
	{n: 1, in: 40, out: 48, h: 1, w: 2},
	{n: 1, in: 16, out: 3, h: 13, w: 3},
	{n: 2, in: 16, out: 1, h: 8, w: 4},
	{n: 3, in: 20, out: 17, h: 6, w: 8},
	{n: 1, in: 16, out: 32, h: 7, w: 7, inView: true, outView: true},
	{n: 2, in: 48, out: 16, h: 10, w: 9, outView: true},
	{n: 1, in: 8, out: 9, h: 1, w: 1},
	{n: 1, in: 16, out: 48, h: 21, w: 47, inView: true},
	{n: 1, in: 16, out: 16, h: 3, w: 300},
	{n: 1, in: 272, out: 112, h: 3, w: 5},
	{n: 2, in: 8, out: 8, h: 5, w: 43},
	{n: 1, in: 8, out: 32, h: 9, w: 26},
	{n: 2, in: 7, out: 16, h: 4, w: 25},
	{n: 1, in: 32, out: 8, h: 6, w: 49},
	{n: 1, in: 16, out: 6, h: 3, w: 11, inView: true},
	{n: 1, in: 3, out: 8, h: 5, w: 30},
	{n: 1, in: 8, out: 3, h: 5, w: 9},
	{n: 1, in: 8, out: 40, h: 3, w: 7},
	{n: 1, in: 8, out: 8, h: 9, w: 210},
	{n: 2, in: 24, out: 7, h: 14, w: 31},
	{n: 1, in: 6, out: 32, h: 17, w: 101},
}

// forEach runs a test for all instruction sets and sizes.
func forEach(t *testing.T, test func(t *testing.T, set isa.Set, s size, r *rand.Rand)) {
	for _, set := range isa.Available() {
		for i, s := range sizes {
			if testing.Short() && i%3 != 2 {
				continue
			}
			t.Run(fmt.Sprintf("%v/%v", set, s), func(t *testing.T) {
				test(t, set, s, rand.New(rand.NewPCG(uint64(i), 1)))
			})
		}
	}
}

// roundedTo returns numbers that a precision does not round: convolutions of such numbers are as exact in BFloat16,
// where they round nothing else, as in Float32.
func roundedTo(p Precision, numbers []float32) []float32 {
	if p == BFloat16 {
		for i, v := range numbers {
			numbers[i] = fromBF16(roundBF16(v))
		}
	}
	return numbers
}

// forEachExact runs a test for all instruction sets, sizes and precisions whose convolutions round the numbers of maps
// and weights, not others computed from them.
func forEachExact(t *testing.T, test func(t *testing.T, set isa.Set, p Precision, s size, r *rand.Rand)) {
	forEach(t, func(t *testing.T, set isa.Set, s size, r *rand.Rand) {
		test(t, set, Float32, s, r)
		if kernelsOf(set).matrix != nil {
			test(t, set, BFloat16, s, r)
		}
	})
}

// usedWorker returns a worker whose scratch memory held other numbers before.
func usedWorker(floats int) *Worker {
	w := NewWorker(floats)
	for i := range w.scratch {
		w.scratch[i] = float32(math.NaN())
	}
	return w
}

// run packs the weights and runs all pieces, last first, because their order must not matter.
func run(f *Forward, a *Args, w []float32) {
	a.W = make([]float32, f.PackedSize())
	for i := range a.W {
		a.W[i] = float32(math.NaN())
	}
	for i := range f.PackPieces() {
		f.Pack(i, a.W, w)
	}
	a.Sums = make([]float64, f.SumsSize())
	worker := usedWorker(f.ScratchSize())
	for i := f.Pieces() - 1; i >= 0; i-- {
		f.Do(i, a, worker)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestConvolutionIsItsDefinition(t *testing.T) { forEachExact(t, checkConvolution) }

func checkConvolution(t *testing.T, set isa.Set, p Precision, s size, r *rand.Rand) {
	t.Helper()
	for _, k := range []int{1, 3} {
		x := newFeature(r, s.n, s.in, s.h, s.w, s.inView).roundedTo(p)
		z := emptyFeature(s.n, s.out, s.h, s.w, s.outView)
		w := roundedTo(p, randomWeights(r, s.out*s.in*k*k))
		f := must[*Forward](t)(NewForward(set, p, x.m, z.m, k, Epilogue{}))
		run(f, &Args{X: x.data, Z: z.data}, w)
		want := naive(x, s.out, k, func(o, i, u, v int) float32 { return w[((o*s.in+i)*k+u)*k+v] })
		z.compare(t, fmt.Sprintf("%d×%d", k, k), want)
	}
}

// gradMethods returns the methods of an instruction set for the gradient of 3×3 weights between two maps.
func gradMethods(set isa.Set, x, dz layout.Map) []method {
	if x.Block != lanes || dz.Block != lanes {
		return []method{direct, exact}
	}
	return methods(set, x, dz)
}

// methods returns the methods of an instruction set for a 3×3 convolution of two maps.
func methods(set isa.Set, x, z layout.Map) []method {
	switch k := kernelsOf(set); {
	case set == isa.Portable || x.Block == 1 || z.Block == 1:
		return []method{direct, exact}
	case x.Block != lanes || z.Block != lanes:
		if len(k.half.multipliers) == 0 {
			return []method{direct, exact}
		}
		return []method{direct, exact, minimal4}
	}
	return []method{direct, exact, minimal4, minimal3, minimal2}
}

func TestEveryMethodConvolvesAndAccumulatesInPlace(t *testing.T) {
	forEach(t, func(t *testing.T, set isa.Set, s size, r *rand.Rand) {
		x := newFeature(r, s.n, s.in, s.h, s.w, s.inView)
		w := randomWeights(r, s.out*s.in*9)
		want := naive(x, s.out, 3, func(o, i, u, v int) float32 { return w[((o*s.in+i)*3+u)*3+v] })
		order := weightOrder{out: s.in * 9, in: 9, row: 3, col: 1}
		z := newFeature(r, s.n, s.out, s.h, s.w, s.outView)
		for i, v := range z.values {
			want[i] += v
		}
		for _, by := range methods(set, x.m, z.m) {
			z.store()
			f := must[*Forward](t)(newConv(set, x.m, z.m, 3, Epilogue{Addend: z.m}, order, by))
			run(f, &Args{X: x.data, Z: z.data, Addend: z.data}, w)
			z.compare(t, fmt.Sprint("method ", by), want)
		}
	})
}

// TestMinimalFilteringKeepsDigits compares the rounding errors of the methods on activations as after a ReLU.
func TestMinimalFilteringKeepsDigits(t *testing.T) {
	const channels, side = 64, 12
	for _, set := range isa.Available() {
		if set == isa.Portable {
			continue // it has one method, which adds in float64
		}
		r := rand.New(rand.NewPCG(1, 3))
		x, z := newFeature(r, 1, channels, side, side, false), emptyFeature(1, channels, side, side, false)
		for i, v := range x.values {
			x.values[i] = max(0, v)
		}
		x.store()
		w := randomWeights(r, channels*channels*9)
		want := naive(x, channels, 3, func(o, i, u, v int) float32 { return w[((o*channels+i)*3+u)*3+v] })
		order := weightOrder{out: channels * 9, in: 9, row: 3, col: 1}
		rounding := map[method]float64{}
		for _, by := range methods(set, x.m, z.m) {
			run(must[*Forward](t)(newConv(set, x.m, z.m, 3, Epilogue{}, order, by)), &Args{X: x.data, Z: z.data}, w)
			rounding[by] = z.compare(t, fmt.Sprint("method ", by), want)
		}
		t.Logf("%v: direct %.1e, in float64 %.1e, tiles of 4×4 %.1e, of 3×3 %.1e, of 2×2 %.1e", set, rounding[direct],
			rounding[exact], rounding[minimal4], rounding[minimal3], rounding[minimal2])
		if rounding[exact] > 6e-8 || rounding[minimal4] > 4*rounding[direct] ||
			rounding[minimal3] > 3*rounding[direct] || rounding[minimal2] > 1.5*rounding[direct] {
			t.Errorf("%v rounds more than its methods must: %v", set, rounding)
		}
	}
}

func TestDataGradientAccumulatesInPlace(t *testing.T) { forEachExact(t, checkDataGradient) }

func checkDataGradient(t *testing.T, set isa.Set, p Precision, s size, r *rand.Rand) {
	t.Helper()
	for _, k := range []int{1, 3} {
		dz := newFeature(r, s.n, s.in, s.h, s.w, s.inView).roundedTo(p) // in and out exchange their roles
		dx := newFeature(r, s.n, s.out, s.h, s.w, s.outView)
		w := roundedTo(p, randomWeights(r, s.out*s.in*k*k))
		f := must[*Forward](t)(NewGradData(set, p, dz.m, dx.m, k, dx.m))
		run(f, &Args{X: dz.data, Z: dx.data, Addend: dx.data}, w)
		want := naive(dz, s.out, k, func(o, i, u, v int) float32 { return w[((i*s.out+o)*k+k-1-u)*k+k-1-v] })
		for i, v := range dx.values {
			want[i] += v
		}
		dx.compare(t, fmt.Sprintf("%d×%d", k, k), want)
	}
}

func TestEpilogueActivatesAndCountsStatistics(t *testing.T) { forEachExact(t, checkEpilogue) }

func checkEpilogue(t *testing.T, set isa.Set, p Precision, s size, r *rand.Rand) {
	t.Helper()
	for _, k := range []int{1, 3} {
		x := newFeature(r, s.n, s.in, s.h, s.w, s.inView).roundedTo(p)
		addend := newFeature(r, s.n, s.out, s.h, s.w, s.outView)
		residual := newFeature(r, s.n, s.out, s.h, s.w, s.outView)
		z := emptyFeature(s.n, s.out, s.h, s.w, false)
		y := emptyFeature(s.n, s.out, s.h, s.w, s.outView)
		w := roundedTo(p, randomWeights(r, s.out*s.in*k*k))
		padded := func() []float32 {
			v := make([]float32, blocksOf(s.out)*lanes)
			copy(v, randomWeights(r, s.out))
			return v
		}
		bias, scale, shift, low, high := padded(), padded(), padded(), padded(), padded()
		for c := range s.out {
			bias[c] *= 50 // a mean far from zero must not cost digits of the variance
			switch c % 3 {
			case 0:
				low[c], high[c] = 0, float32(math.Inf(1))
			case 1:
				low[c] = float32(math.Inf(-1))
			case 2:
				low[c], high[c] = min(low[c], high[c]), max(low[c], high[c])
			}
		}
		e := Epilogue{Bias: true, Statistics: true, Addend: addend.m, Residual: residual.m, Y: y.m}
		a := &Args{
			X: x.data, Z: z.data, Y: y.data, Addend: addend.data, Residual: residual.data, Bias: bias,
			Scale: scale, Shift: shift, Low: low, High: high,
		}
		f := must[*Forward](t)(NewForward(set, p, x.m, z.m, k, e))
		run(f, a, w)

		want := naive(x, s.out, k, func(o, i, u, v int) float32 { return w[((o*s.in+i)*k+u)*k+v] })
		active := make([]float64, len(want))
		area := s.h * s.w
		mean, variance := make([]float64, s.out), make([]float64, s.out)
		for i := range want {
			c := i / area % s.out
			want[i] += addend.values[i] + float64(bias[c])
			scaled := want[i]*float64(scale[c]) + float64(shift[c])
			active[i] = max(float64(low[c]), min(float64(high[c]), scaled)) + residual.values[i]
			mean[c] += want[i] / float64(s.n*area)
		}
		for i, v := range want {
			c := i / area % s.out
			variance[c] += (v - mean[c]) * (v - mean[c]) / float64(s.n*area)
		}
		z.compare(t, "z", want)
		y.compare(t, "y", active)
		stats := make([]float32, 2*s.out)
		f.Statistics(stats, a.Sums)
		for c := range s.out {
			deviation := 1 + math.Sqrt(variance[c])
			if math.Abs(float64(stats[c])-mean[c]) > 2e-6*(deviation+math.Abs(mean[c])) ||
				math.Abs(float64(stats[s.out+c])-variance[c]) > 1e-5*deviation*deviation {
				t.Fatalf("channel %d: mean %v, variance %v, want %v, %v", c, stats[c], stats[s.out+c], mean[c],
					variance[c])
			}
		}

		e.DropZ, e.Statistics = true, false
		only := emptyFeature(s.n, s.out, s.h, s.w, s.outView)
		a.Z, a.Y = nil, only.data
		run(must[*Forward](t)(NewForward(set, p, x.m, z.m, k, e)), a, w)
		only.compare(t, "y without z", active)

		e.Staged, a.Y = true, residual.data
		run(must[*Forward](t)(NewForward(set, p, x.m, z.m, k, e)), a, w)
		separate, over := make([]float32, len(active)), make([]float32, len(active))
		only.m.Load(separate, only.data)
		residual.m.Load(over, residual.data)
		if !slices.Equal(separate, over) {
			t.Fatal("y over its residual has other bits")
		}
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := newFeature(r, 1, 16, 8, 8, false)
	z := newFeature(r, 1, 16, 8, 8, false)
	f := must[*Forward](t)(NewForward(isa.Best(), Float32, x.m, z.m, 3, Epilogue{Statistics: true}))
	a := &Args{X: x.data, Z: z.data, W: make([]float32, f.PackedSize()), Sums: make([]float64, f.SumsSize())}
	g := must[*GradWeight](t)(NewGradWeight(isa.Best(), Float32, z.m, x.m, 3))
	b := &GradArgs{DZ: z.data, X: x.data, Partials: make([]float32, g.PartialsSize())}
	w := NewWorker(max(f.ScratchSize(), g.ScratchSize()))
	dw := make([]float32, 16*16*9)
	if n := testing.AllocsPerRun(10, func() {
		f.Do(0, a, w)
		g.Do(0, b, w)
		g.Reduce(0, dw, nil, b.Partials)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestConvolutionOfSplitMapsIsItsDefinition: of maps in planes of eight channels each, as concatenations of such maps
// are.
func TestConvolutionOfSplitMapsIsItsDefinition(t *testing.T) {
	for _, s := range []size{
		{n: 2, in: 16, out: 8, h: 9, w: 31},
		{n: 1, in: 16, out: 32, h: 6, w: 50},
		{n: 2, in: 24, out: 16, h: 7, w: 5},
		{n: 1, in: 16, out: 1, h: 4, w: 24},
		{n: 1, in: 16, out: 6, h: 33, w: 12},
	} {
		for _, set := range isa.Available() {
			for _, p := range []Precision{Float32, BFloat16} {
				for _, k := range []int{1, 3} {
					r := rand.New(rand.NewPCG(uint64(s.in), 12))
					x := emptyFeature(s.n, s.in, s.h, s.w, false)
					x.m = x.m.Split()
					for i := range x.values {
						x.values[i] = float64(float32(r.Float64()*2 - 1))
					}
					x.store()
					z, w := emptyFeature(s.n, s.out, s.h, s.w, false), randomWeights(r, s.out*s.in*k*k)
					run(must[*Forward](t)(NewForward(set, p, x.m, z.m, k, Epilogue{})), &Args{X: x.data, Z: z.data}, w)
					z.compare(t, fmt.Sprintf("%v, %v, %d×%d", s, set, k, k),
						naive(x, s.out, k, func(o, i, u, v int) float32 { return w[((o*s.in+i)*k+u)*k+v] }))
				}
			}
		}
	}
}
