// Package statistics quantifies the uncertainty of differences between segmentations: bootstrap intervals
// over images, the Wilcoxon signed-rank test on images that two networks share, and Holm's correction for
// several comparisons.
package statistics

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An Interval is a confidence interval; both ends are NaN if it is undefined.
type Interval struct {
	Low, High float64
}

// Rounds and Level of the intervals in tables and reports.
const (
	Rounds = 4000
	Level  = 0.95
)

// Bootstrap draws n items with replacement rounds times and returns the interval between the percentiles of
// the statistic that leave (1−level)/2 on each side (Efron's percentile method). The statistic takes indices
// of items; NaN values are ignored. The same seed yields the same interval. With fewer than two items the
// interval is undefined.
func Bootstrap(n int, statistic func(items []int) float64, rounds int, level float64, seed uint64) Interval {
	if n < 2 {
		return Interval{math.NaN(), math.NaN()}
	}
	random := rand.New(rand.NewPCG(seed, 0x626f6f7473747261)) // "bootstra"
	items := make([]int, n)
	var values []float64
	for range rounds {
		for i := range items {
			items[i] = random.IntN(n)
		}
		if v := statistic(items); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	slices.Sort(values)
	tail := (1 - level) / 2
	return Interval{percentile(values, tail), percentile(values, 1-tail)}
}

// percentile interpolates linearly between sorted values.
func percentile(sorted []float64, q float64) float64 {
	position := q * float64(len(sorted)-1)
	below := int(position)
	above := min(below+1, len(sorted)-1)
	part := position - float64(below)
	return sorted[below]*(1-part) + sorted[above]*part
}

// Mean is the mean of the chosen values.
func Mean(values []float64) func(items []int) float64 {
	return func(items []int) float64 {
		sum := 0.0
		for _, i := range items {
			sum += values[i]
		}
		return sum / float64(len(items))
	}
}
