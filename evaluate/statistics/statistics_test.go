package statistics

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Darwin's maize plants: SciPy documents 24 and 0.041259765625 for them.
var maize = []float64{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75}

func TestWilcoxonAgreesWithSciPy(t *testing.T) {
	got := Wilcoxon(maize)
	if got.Negative != 24 || got.P != 0.041259765625 || !got.Exact {
		t.Errorf("got %+v, want rank sum 24 and p 0.041259765625", got)
	}
}

// naiveP goes through all choices of signs.
func naiveP(d []float64) float64 {
	ranks, _ := doubledRanks(d)
	smaller := func(sign func(i int) bool) int {
		plus, minus := 0, 0
		for i, rank := range ranks {
			if sign(i) {
				plus += rank
			} else {
				minus += rank
			}
		}
		return min(plus, minus)
	}
	found := smaller(func(i int) bool { return d[i] > 0 })
	extreme := 0
	for signs := range 1 << len(d) {
		if smaller(func(i int) bool { return signs>>i&1 == 1 }) <= found {
			extreme++
		}
	}
	return float64(extreme) / float64(int(1)<<len(d))
}

func TestWilcoxonIsExactWithTies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfN(rapid.SampledFrom([]float64{-3, -2, -1, 1, 2, 3, 4.5}), 1, 10).Draw(t, "differences")
		if got, want := Wilcoxon(d).P, naiveP(d); math.Abs(got-want) > 1e-12 {
			t.Fatalf("p = %v, all signs give %v", got, want)
		}
	})
}

func TestWilcoxonDropsZerosAndMissing(t *testing.T) {
	d := append([]float64{0, math.NaN(), 0}, maize...)
	if got, want := Wilcoxon(d), Wilcoxon(maize); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Wilcoxon([]float64{0, 0}); got.P != 1 {
		t.Errorf("p = %v where nothing differs", got.P)
	}
}

func TestNormalApproximationIsNearTheExactDistribution(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		d := make([]float64, 50)
		for i := range d {
			d[i] = random.NormFloat64() + 0.3
		}
		exact := Wilcoxon(d)
		n := 50.0
		z := (math.Abs(min(exact.Positive, exact.Negative)-n*(n+1)/4) - 0.5) / math.Sqrt(n*(n+1)*(2*n+1)/24)
		if normal := math.Erfc(z / math.Sqrt2); math.Abs(normal-exact.P) > 0.01 {
			t.Errorf("normal %v, exact %v", normal, exact.P)
		}
		d = append(d, d[0])
		if more := Wilcoxon(d); more.Exact || math.Abs(more.P-exact.P) > 0.2 {
			t.Errorf("51 differences: %+v, 50: %+v", more, exact)
		}
	}
}

func TestHolmCorrectsStepwise(t *testing.T) {
	got := Holm([]float64{0.01, 0.04, 0.03, math.NaN(), 0.005})
	want := []float64{0.03, 0.06, 0.06, math.NaN(), 0.02}
	for i := range want {
		if math.IsNaN(want[i]) != math.IsNaN(got[i]) || math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("p[%d] = %v, want %v", i, got[i], want[i])
		}
	}
}

// The interval of a mean must contain the true mean about as often as its level.
func TestBootstrapCoversTheMean(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	covered := 0
	const trials = 200
	for trial := range trials {
		values := make([]float64, 40)
		for i := range values {
			values[i] = random.NormFloat64()
		}
		if ci := Bootstrap(len(values), Mean(values), 500, 0.95, uint64(trial)); ci.Low <= 0 && 0 <= ci.High {
			covered++
		}
	}
	if share := float64(covered) / trials; share < 0.88 || share > 0.99 {
		t.Errorf("the 95 %% interval holds the mean in %.1f %% of trials", 100*share)
	}
}

func TestBootstrapIsAFunctionOfItsSeed(t *testing.T) {
	statistic := Mean(maize)
	a, b := Bootstrap(len(maize), statistic, 100, 0.95, 7), Bootstrap(len(maize), statistic, 100, 0.95, 7)
	if a != b {
		t.Errorf("%v and %v", a, b)
	}
	if ci := Bootstrap(1, statistic, 100, 0.95, 7); !math.IsNaN(ci.Low) {
		t.Errorf("one image has no interval, but got %v", ci)
	}
}
