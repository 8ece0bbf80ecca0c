package statistics

import (
	"cmp"
	"math"
	"slices"
)

// exactLimit is the number of differences up to which the distribution is
// enumerated; beyond it the normal approximation is close.
const exactLimit = 50

// SignedRank is the result of a Wilcoxon signed-rank test.
type SignedRank struct {
	N int // differences that are not zero
	// Positive and Negative are the sums of ranks of each sign.
	Positive, Negative float64
	P                  float64 // two-sided; 1 if nothing differs
	Exact              bool    // from the exact distribution, not the normal approximation
}

// Wilcoxon tests whether paired differences are symmetric about zero. Zeros are
// dropped (Wilcoxon's way), equal sizes share the mean of their ranks, and p is
// exact for up to 50 differences, ties included: it is the share of the 2^N
// choices of signs whose smaller rank sum is at most the one found. Beyond that
// p is the normal approximation with corrections for ties and continuity.
func Wilcoxon(differences []float64) SignedRank {
	d := slices.DeleteFunc(slices.Clone(differences), func(v float64) bool { return v == 0 || math.IsNaN(v) })
	ranks, ties := doubledRanks(d)
	test := SignedRank{N: len(d), Exact: len(d) <= exactLimit, P: 1}
	positive, total := 0, 0
	for i, rank := range ranks {
		total += rank
		if d[i] > 0 {
			positive += rank
		}
	}
	test.Positive, test.Negative = float64(positive)/2, float64(total-positive)/2
	if test.N == 0 {
		return test
	}
	smaller := min(positive, total-positive)
	if test.Exact {
		test.P = min(1, 2*shareAtMost(ranks, smaller))
		return test
	}
	n := float64(test.N)
	variance := n*(n+1)*(2*n+1)/24 - ties/48
	z := (math.Abs(float64(smaller)/2-n*(n+1)/4) - 0.5) / math.Sqrt(variance)
	test.P = min(1, math.Erfc(max(z, 0)/math.Sqrt2))
	return test
}

// doubledRanks returns twice the rank of each size, so that the mean ranks of ties stay integers, and the sum
// of t³−t over groups of t ties.
func doubledRanks(d []float64) (ranks []int, ties float64) {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(math.Abs(d[i]), math.Abs(d[j])) })
	ranks = make([]int, len(d))
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && math.Abs(d[order[end]]) == math.Abs(d[order[start]]) {
			end++
		}
		for _, i := range order[start:end] {
			ranks[i] = start + end + 1 // twice the mean of start+1 … end
		}
		t := float64(end - start)
		ties += t*t*t - t
		start = end
	}
	return ranks, ties
}

// shareAtMost returns the share of all choices of signs for which the ranks with a plus sum to at most limit.
func shareAtMost(ranks []int, limit int) float64 {
	ways := make([]float64, limit+1) // below 2^50, so exact
	ways[0] = 1
	for _, rank := range ranks {
		for sum := limit; sum >= rank; sum-- {
			ways[sum] += ways[sum-rank]
		}
	}
	total := 0.0
	for _, w := range ways {
		total += w
	}
	return math.Ldexp(total, -len(ranks))
}

// Holm corrects p-values for multiple tests (Holm 1979): it multiplies the k-th smallest of m by m−k+1, at
// most 1, and raises it to the preceding corrected one. NaN stays NaN and is not counted.
func Holm(p []float64) []float64 {
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	corrected := slices.Clone(p)
	largest := 0.0
	for k, i := range order {
		largest = max(largest, min(1, p[i]*float64(len(order)-k)))
		corrected[i] = largest
	}
	return corrected
}
