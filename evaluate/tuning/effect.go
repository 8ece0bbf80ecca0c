package tuning

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"

	"r2unet/evaluate/record"
)

// Effect is how much the trials' results have to do with a key.
type Effect struct {
	Key string
	// Share of the variance of the results' ranks that goes with the key, from 0 to 1; NaN if unknown. Of a range it is
	// ρ², of choices η².
	Share float64
	// Rho is Spearman's rank correlation of a range with quality, from −1 to 1: above 0, larger values were better.
	// NaN for choices.
	Rho float64
}

// Caveat says in words what effects are.
const Caveat = "Share of the variance of the results' ranks that goes with each key (ρ² of Spearman for ranges, η² " +
	"for choices), over trials that are no random sample with tpe: what it narrowed early may look as if it mattered."

// fewest is the number of trials from which on effects are computed.
const fewest = 5

// Effects returns the effect of each key over all trials that have ended, which count by their rank, those without a
// value as the worst. For ranges it is Spearman's rank correlation, which sees what rises or falls; for choices
// the correlation ratio η² of ranks, which is Kruskal and Wallis' statistic divided by n − 1. Each key is looked at by
// itself; trials that were drawn where earlier ones were good are no random sample, and with few of them η² is large by
// chance.
func Effects(s record.Search) []Effect {
	trials := Ranked(s)
	quality := make([]float64, len(trials))
	for i, t := range trials {
		quality[i] = -loss(s, t)
	}
	ranked := ranks(quality)
	effects := make([]Effect, len(s.Keys))
	for i, key := range s.Keys {
		effects[i] = Effect{key.Key, math.NaN(), math.NaN()}
		if len(trials) < fewest {
			continue
		}
		values := make([]string, len(trials))
		for j, t := range trials {
			values[j] = t.Values[i]
		}
		if len(key.Choices) > 0 {
			effects[i].Share = correlationRatio(values, ranked)
			continue
		}
		effects[i].Rho = stat.Correlation(ranks(numbers(values)), ranked, nil)
		effects[i].Share = effects[i].Rho * effects[i].Rho
	}
	return effects
}

// String names the statistic and its value.
func (e Effect) String() string {
	switch {
	case math.IsNaN(e.Share):
		return e.Key + ": not known, as there are too few trials or all are alike"
	case math.IsNaN(e.Rho):
		return fmt.Sprintf("%s: η² = %.2f", e.Key, e.Share)
	}
	return fmt.Sprintf("%s: ρ² = %.2f (ρ = %+.2f)", e.Key, e.Share, e.Rho)
}

func numbers(texts []string) []float64 {
	values := make([]float64, len(texts))
	for i, text := range texts {
		values[i], _ = strconv.ParseFloat(text, 64) // numbers, by record.Search.Check
	}
	return values
}

// ranks returns the rank of each value, from 1; equal values have the mean of theirs.
func ranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	all := make([]float64, len(values))
	for i, v := range values {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last < len(sorted) && sorted[last] == v {
			last++
		}
		all[i] = float64(first+1+last) / 2
	}
	return all
}

// correlationRatio returns η², the variance between the means of groups as a share of all variance.
func correlationRatio(groups []string, values []float64) float64 {
	mean := stat.Mean(values, nil)
	sums, counts := map[string]float64{}, map[string]float64{}
	all := 0.0
	for i, g := range groups {
		sums[g] += values[i] - mean
		counts[g]++
		all += (values[i] - mean) * (values[i] - mean)
	}
	between := 0.0
	for _, g := range slices.Compact(slices.Sorted(slices.Values(groups))) {
		between += sums[g] * sums[g] / counts[g]
	}
	return between / all
}
