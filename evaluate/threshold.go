package evaluate

import (
	"fmt"
	"math"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/rank"
)

// BestThreshold returns the threshold at which all pixels inside the field of view, taken in one count, have
// the largest F1, and that F1; of equal ones the highest threshold. It lies between the lowest probability
// that becomes foreground and the next lower one, and is the shortest decimal there. If there is no
// foreground, F1 is NaN and the threshold is DefaultThreshold. It fails like Measures.
func (c *Collector) BestThreshold() (threshold, f1 float64, err error) {
	var all measures.Counts
	for i := range c.images {
		all = all.Plus(c.images[i].inside.scores.Counts)
	}
	positives := all.TP + all.FN
	if positives == 0 {
		return DefaultThreshold, math.NaN(), nil
	}
	var now measures.Counts
	var high, low float64
	open := false // low is not known yet
	err = c.ranking.Walk(func(g *rank.Group) {
		if g.Inside == [2]int64{} || g.Score == 0 { // a threshold is above 0
			return
		}
		if open {
			low, open = float64(g.Score), false
		}
		now.FP += g.Inside[0]
		now.TP += g.Inside[1]
		now.FN = positives - now.TP
		if value := measures.F1.Counts(now); value > f1 {
			f1, high, low, open = value, float64(g.Score), 0, true
		}
	})
	if err != nil {
		return 0, 0, fmt.Errorf("rank the scores of %d images: %w", len(c.images), err)
	}
	if f1 == 0 { // all foreground has probability 0
		return DefaultThreshold, 0, nil
	}
	return shortestBetween(low, high), f1, nil
}

// shortestBetween returns the number of fewest decimals, at least two, above low and at most high that is nearest to
// the middle.
func shortestBetween(low, high float64) float64 {
	middle := low + (high-low)/2
	for scale := 100.0; scale <= 1e15; scale *= 10 {
		if v := math.Round(middle*scale) / scale; v > low && v <= high {
			return v
		}
	}
	return middle
}
