package statistics

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// reference holds the numbers of SciPy and statsmodels that testdata/reference.py prints.
type reference struct {
	SignFlip  []sample `json:"sign_flip"`
	Wilcoxon  []sample `json:"wilcoxon"`
	Estimates []struct {
		Kind                               string
		Values                             [][]float64 // of each unit ("crossed") or training
		Mean, Variance, Freedom, Low, High float64
	}
	Holm struct{ P, Corrected []float64 }
}

type sample struct {
	Values []float64
	P      float64
}

func readReference(t *testing.T) (r reference) {
	t.Helper()
	content, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1e-6, math.Abs(b)) }

func TestTestsAgreeWithSciPy(t *testing.T) {
	r := readReference(t)
	for _, s := range r.SignFlip {
		if got := SignFlip(s.Values); !got.Exact || !near(got.P, s.P) {
			t.Errorf("sign flips of %d values: %+v, SciPy has p %v", len(s.Values), got, s.P)
		}
	}
	for _, s := range r.Wilcoxon {
		if got := Wilcoxon(s.Values); !near(got.P, s.P) {
			t.Errorf("signed ranks of %d values: %+v, SciPy has p %v", len(s.Values), got, s.P)
		}
	}
	for i, corrected := range Holm(r.Holm.P) {
		if !near(corrected, r.Holm.Corrected[i]) {
			t.Errorf("Holm's p[%d] = %v, statsmodels has %v", i, corrected, r.Holm.Corrected[i])
		}
	}
	if len(r.SignFlip) != 5 || len(r.Wilcoxon) != 4 || len(r.Holm.P) != 6 {
		t.Errorf("the reference holds %d, %d and %d cases", len(r.SignFlip), len(r.Wilcoxon), len(r.Holm.P))
	}
}

func TestSignFlipDropsMissingAndKnowsItsSmallestP(t *testing.T) {
	got := SignFlip([]float64{1, math.NaN(), 2, 3, 4, 5})
	if got.N != 5 || got.P != 0.0625 || got.Smallest != 0.0625 {
		t.Errorf("five positive values: %+v, want the smallest p, 2/32", got)
	}
	if got := SignFlip(nil); got.P != 1 || got.Smallest != 1 {
		t.Errorf("no values: %+v", got)
	}
	if got := SignFlip([]float64{0, 0, 0}); got.P != 1 {
		t.Errorf("nothing differs: %+v", got)
	}
}

// p does not depend on order, unit and direction, and is that of all choices of signs.
func TestSignFlipIsTheShareOfAllSigns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.SampledFrom([]float64{-3, -1.5, -1, 0, 0.5, 1, 2, 4}), 1, 9).Draw(t, "values")
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		far := 0
		for signs := range 1 << len(v) {
			s := 0.0
			for i, x := range v {
				s += x * float64(1-2*(signs>>i&1))
			}
			if math.Abs(s) >= math.Abs(sum) {
				far++
			}
		}
		want := float64(far) / float64(int(1)<<len(v))
		if got := SignFlip(v).P; math.Abs(got-want) > 1e-12 {
			t.Fatalf("p = %v, all signs give %v", got, want)
		}
		for i := range v {
			v[i] *= -0.001
		}
		if got := SignFlip(v).P; math.Abs(got-want) > 1e-12 {
			t.Fatalf("p = %v in another unit, want %v", got, want)
		}
	})
}

func TestDrawnSignsAreNearAllSigns(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		v := make([]float64, flipLimit)
		sum := 0.0
		for i := range v {
			v[i] = random.NormFloat64() + 0.4
			sum += v[i]
		}
		exact := SignFlip(v)
		drawn := float64(drawnFlips(v, math.Abs(sum))+1) / (flipDraws + 1)
		if !exact.Exact || math.Abs(drawn-exact.P) > 0.015 {
			t.Errorf("drawn p %v, exact %v", drawn, exact.P)
		}
		if more := SignFlip(append(v, 0)); more.Exact || math.Abs(more.P-exact.P) > 0.015 {
			t.Errorf("with a value of 0 more, which changes nothing: %+v, before %v", more, exact.P)
		}
	}
}

// The smallest p of drawn signs counts the signs that were found, and is never 0.
func TestDrawnSignsHaveASmallestP(t *testing.T) {
	values := make([]float64, 70)
	for i := range values {
		values[i] = 1 + float64(i)
	}
	if got, want := SignFlip(values), 1.0/20001; got.Exact || got.P != want || got.Smallest != want {
		t.Errorf("70 positive values: %+v, want p and smallest p %v", got, want)
	}
}

// Signs beyond the 64th are drawn by themselves: those of 75 values of 1 and 53 of −1 have a sum that is binomial.
func TestDrawnSignsAreIndependent(t *testing.T) {
	values := make([]float64, 128)
	for i := range values {
		values[i] = 1
		if i >= 75 {
			values[i] = -1
		}
	}
	far, choose := 0.0, math.Ldexp(1, -128) // of k positive signs
	for k := range 129 {
		if k > 0 {
			choose *= float64(129-k) / float64(k)
		}
		if math.Abs(float64(2*k-128)) >= 22 {
			far += choose
		}
	}
	if got := SignFlip(values).P; math.Abs(got-far) > 0.01 {
		t.Errorf("p = %v, of the binomial distribution %v", got, far)
	}
}
