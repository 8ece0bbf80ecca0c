package kernel

import "math"

// probability returns p = 1/(1 + e^−z), without overflow, and e^−|z|.
func probability(logit float32) (p, e float64) {
	e = math.Exp(-math.Abs(float64(logit)))
	if logit < 0 {
		return e / (1 + e), e
	}
	return 1 / (1 + e), e
}

func pixelSums(sums *PixelSums, logits, target []float32) {
	for i, logit := range logits {
		z, t, lane := float64(logit), float64(target[i]), i%Lanes
		p, e := probability(logit)
		sums.Entropy[lane] += float32(max(z, 0) - z*t + math.Log1p(e))
		sums.Both[lane] += float32(p * t)
		sums.P[lane] += float32(p)
		sums.T[lane] += target[i]
		sums.Squares[lane] += float32((p - t) * (p - t))
		if (z > 0) == (t > 0.5) {
			sums.Right[lane]++
		}
	}
}

func lossGrad(out, logits, target []float32, g *LossGrad) {
	bce, constant, slope := float64(g.BCE), float64(g.Constant), float64(g.Slope)
	for i, logit := range logits {
		p, _ := probability(logit)
		t := float64(target[i])
		out[i] = float32(bce*(p-t) + (constant+slope*t)*p*(1-p))
	}
}

func sigmoid(out, logits []float32) {
	for i, logit := range logits {
		p, _ := probability(logit)
		out[i] = float32(p)
	}
}
