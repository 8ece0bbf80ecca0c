package statistics

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// flipLimit is the number of values up to which all choices of signs are tried; beyond it, flipDraws of them are drawn.
const (
	flipLimit = 20
	flipDraws = 20000
)

// Flips is the result of a sign-flip test.
type Flips struct {
	N        int     // values
	P        float64 // two-sided; 1 if there is no value
	Smallest float64 // the smallest P that so many values can have: 2^(1−N), or 1/(draws+1) if signs are drawn
	Exact    bool    // all choices of signs were tried
}

// SignFlip tests whether the mean of values that are symmetric about it is zero (Fisher 1935): P is the share of all
// choices of signs whose sum is at least as far from zero as the one found. Up to 20 values it is exact; beyond that it
// is (b+1)/(draws+1) over 20,000 drawn choices, which keeps the level. NaN values are dropped.
func SignFlip(values []float64) Flips {
	v := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	test := Flips{N: len(v), P: 1, Smallest: math.Min(1, math.Ldexp(1, 1-len(v))), Exact: len(v) <= flipLimit}
	if len(v) == 0 {
		return test
	}
	sum, size := 0.0, 0.0
	for _, x := range v {
		sum += x
		size += math.Abs(x)
	}
	least := math.Abs(sum) - 1e-12*size // sums that differ by rounding are equal
	if !test.Exact {
		test.P = float64(drawnFlips(v, least)+1) / (flipDraws + 1)
		test.Smallest = 1.0 / (flipDraws + 1)
		return test
	}
	// The sign of the first value stays: a choice and its opposite are equally far from zero.
	far, choices := 0, 1<<(len(v)-1)
	change := make([]float64, len(v)) // of the sum when a sign changes
	for i, x := range v {
		change[i] = -2 * x
	}
	for k := 1; ; k++ {
		if math.Abs(sum) >= least {
			far++
		}
		if k == choices {
			break
		}
		i := bits.TrailingZeros(uint(k)) + 1 // Gray code: one sign changes
		sum += change[i]
		change[i] = -change[i]
	}
	test.P = float64(far) / float64(choices)
	return test
}

// drawnFlips returns how many of the drawn choices of signs have a sum at least so far from zero.
func drawnFlips(v []float64, least float64) int {
	random := rand.New(rand.NewPCG(1, 0x7369676e666c6970)) // "signflip"
	far := 0
	for range flipDraws {
		sum, word := 0.0, uint64(0)
		for i, x := range v {
			if i%64 == 0 {
				word = random.Uint64()
			}
			if word>>(i%64)&1 == 1 {
				sum += x
			} else {
				sum -= x
			}
		}
		if math.Abs(sum) >= least {
			far++
		}
	}
	return far
}
