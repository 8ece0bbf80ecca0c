package losses

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

// Tversky loss (Salehi et al. 2017) over the batch, 1 − (TP + 1)/(TP + α·FP + β·FN + 1) with soft counts, α = 0.3 and
// β = 0.7: misses cost more than false alarms.
func init() {
	Register("tversky", func(b *layers.Builder, logits, target *G.Node) *G.Node {
		return b.RegionLoss(logits, target, layers.RegionLoss{Name: "tversky", Value: tversky, Slope: tverskySlope})
	})
}

const (
	falseAlarms = 0.3 // α
	misses      = 0.7 // β
)

// tverskySize returns the denominator. With FP = Predicted − Both and FN = True − Both its derivative with respect to
// Both is 1 − α − β = 0.
func tverskySize(r layers.Region) float64 {
	return r.Both + falseAlarms*(r.Predicted-r.Both) + misses*(r.True-r.Both) + 1
}

func tversky(r layers.Region) float64 { return 1 - (r.Both+1)/tverskySize(r) }

func tverskySlope(r layers.Region) (both, predicted float64) {
	size := tverskySize(r)
	return -1/size + (r.Both+1)*(1-falseAlarms-misses)/(size*size), (r.Both + 1) * falseAlarms / (size * size)
}
