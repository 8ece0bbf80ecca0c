package figure

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// roundTicks places about six ticks at multiples of 1, 2 or 5 times a power of ten.
type roundTicks struct {
	whole bool // integers only
}

// Ticks returns the marks between low and high.
func (r roundTicks) Ticks(low, high float64) []plot.Tick {
	const about = 6
	if !(high > low) {
		return []plot.Tick{{Value: low, Label: strconv.FormatFloat(low, 'g', 4, 64)}}
	}
	exponent := math.Floor(math.Log10((high - low) / about))
	step := math.Pow(10, exponent)
	for _, factor := range []float64{2, 5, 10} {
		if (high-low)/step <= about {
			break
		}
		step = factor * math.Pow(10, exponent)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	if r.whole && step < 1 {
		step, decimals = 1, 0
	}
	var ticks []plot.Tick
	for k := math.Ceil(low/step-1e-9) + 0; k*step <= high+1e-9*step; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: strconv.FormatFloat(k*step, 'f', decimals, 64)})
	}
	return ticks
}
