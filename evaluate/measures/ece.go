package measures

import "math"

// ECE is the expected calibration error of the probability of foreground, in [0, 1] (Naeini et al. 2015; Guo et al.
// 2017): over 15 bins of equal width, the mean difference of the mean probability and the share of foreground, weighted
// by pixels. Where foreground is rare it is dominated by the background; MSE, the Brier score, counts sharpness too.
var ECE = Register(Measure{
	ID: "ece", Name: "ECE", LowerIsBetter: true, OnRequest: true,
	Bins: func(b *Bins) float64 {
		var pixels, gaps float64
		for _, bin := range b {
			pixels += float64(bin.Pixels)
			gaps += math.Abs(bin.Probability - float64(bin.Foreground))
		}
		return gaps / pixels
	},
})
