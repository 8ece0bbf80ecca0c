package losses

import (
	"math"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

// Focal loss (Lin et al. 2017) without class weights: the cross-entropy of a pixel times (1 − q)^γ, where q is the
// probability of its true class and γ = 2.
func init() {
	Register("focal", func(b *layers.Builder, logits, target *G.Node) *G.Node {
		return b.PixelLoss(logits, target, layers.PixelLoss{Name: "focal", Value: focal, Slope: focalSlope})
	})
}

// trueClass returns the logit of a pixel's true class, and its sign relative to the pixel's logit.
func trueClass(logit, truth float64) (z, sign float64) {
	sign = 2*truth - 1
	return sign * logit, sign
}

// logSigmoid returns log(1/(1 + e^−z)), without overflow.
func logSigmoid(z float64) float64 { return min(z, 0) - math.Log1p(math.Exp(-math.Abs(z))) }

func focal(logit, truth float64) float64 {
	z, _ := trueClass(logit, truth)
	q := math.Exp(logSigmoid(z))
	return -(1 - q) * (1 - q) * logSigmoid(z)
}

func focalSlope(logit, truth float64) float64 {
	z, sign := trueClass(logit, truth)
	q := math.Exp(logSigmoid(z))
	return sign * (1 - q) * (1 - q) * (2*q*logSigmoid(z) - (1 - q))
}
