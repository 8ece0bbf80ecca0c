package losses

import (
	"math"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// Focal loss (Lin et al. 2017), the cross-entropy of a pixel times (1 − q)^γ, where q is the probability of its true
// class and γ = gamma. With alpha from 0 to 1, it is also multiplied by alpha in the foreground and by 1 − alpha
// elsewhere.
func init() {
	register("focal", entry{
		parameters: []setting.Parameter{
			setting.Number("gamma", 2, 0, 10),
			{Key: "alpha", Default: "off", Words: []string{"off"}, Numbers: true, Max: 1},
		},
		build: func(s setting.Setting) Loss {
			return func(b *layers.Builder, logits, target *G.Node) *G.Node {
				return b.PixelLoss(logits, target, focal(s))
			}
		},
	})
}

func focal(s setting.Setting) layers.PixelLoss {
	gamma := s.Number("gamma")
	loss := layers.PixelLoss{
		Name: "focal",
		Value: func(logit, truth float64) float64 {
			z, _ := trueClass(logit, truth)
			q := math.Exp(logSigmoid(z))
			return -math.Pow(1-q, gamma) * logSigmoid(z)
		},
		Slope: func(logit, truth float64) float64 {
			z, sign := trueClass(logit, truth)
			q := math.Exp(logSigmoid(z))
			return sign * math.Pow(1-q, gamma) * (gamma*q*logSigmoid(z) - (1 - q))
		},
		ClassValue: func(logq float64) float64 { return -math.Pow(1-math.Exp(logq), gamma) * logq },
		ClassSlope: func(logq float64) float64 {
			q := math.Exp(logq)
			slope := -math.Pow(1-q, gamma)
			if gamma > 0 && q < 1 {
				slope += gamma * math.Pow(1-q, gamma-1) * q * logq
			}
			return slope
		},
	}
	if s.Word("alpha") == "off" {
		return loss
	}
	alpha, value, slope := s.Number("alpha"), loss.Value, loss.Slope
	loss.Value = func(logit, truth float64) float64 { return share(alpha, truth) * value(logit, truth) }
	loss.Slope = func(logit, truth float64) float64 { return share(alpha, truth) * slope(logit, truth) }
	loss.ClassValue, loss.ClassSlope = nil, nil
	return loss
}

// share returns alpha in the foreground and 1 − alpha elsewhere.
func share(alpha, truth float64) float64 { return alpha*truth + (1-alpha)*(1-truth) }

// trueClass returns the logit of a pixel's true class, and its sign relative to the pixel's logit.
func trueClass(logit, truth float64) (z, sign float64) {
	sign = 2*truth - 1
	return sign * logit, sign
}

// logSigmoid returns log(1/(1 + e^−z)), without overflow.
func logSigmoid(z float64) float64 { return min(z, 0) - math.Log1p(math.Exp(-math.Abs(z))) }
