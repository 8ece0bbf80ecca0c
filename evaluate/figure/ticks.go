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

// logTicks places labelled marks at powers of ten, or at 1, 2 and 5 times these if there are fewer than two, and short
// ones between.
type logTicks struct{}

// Ticks returns the marks between low and high, which are above 0.
func (logTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	dense := math.Floor(math.Log10(high)+1e-9)-math.Ceil(math.Log10(low)-1e-9) < 1
	every := (last - first + 4) / 5
	for e := first; e <= last; e++ {
		for m := 1; m < 10; m++ {
			v := float64(m) * math.Pow(10, float64(e))
			if v < low*(1-1e-9) || v > high*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 && (e-first)%every == 0 || dense && (m == 2 || m == 5 || m == 1) {
				t.Label = strconv.FormatFloat(v, 'g', 3, 64)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}
