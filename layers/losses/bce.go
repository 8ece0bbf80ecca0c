package losses

import (
	"math"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// Binary cross-entropy, the mean over pixels of −w·t·log p − (1−t)·log(1−p), computed from the logit; with w = 1 the
// paper's loss. pos-weight is w: a number, or "batch", the negatives divided by the positives of each batch, so that
// both weigh the same.
func init() {
	register("bce", entry{
		parameters: []setting.Parameter{setting.Number("pos-weight", 1, 1e-6, 1e6).Or("batch")},
		build: func(s setting.Setting) Loss {
			return func(b *layers.Builder, logits, target *G.Node) *G.Node {
				return b.PixelLoss(logits, target, layers.PixelLoss{
					Name: "bce", Value: entropy, Slope: entropySlope, PositiveWeight: positiveWeight(s),
				})
			}
		},
		fused: func(s setting.Setting) (layers.LossWeights, bool) {
			return layers.LossWeights{BCE: 1}, s.Word("pos-weight") == "1"
		},
	})
}

func positiveWeight(s setting.Setting) func(positives, negatives float64) float64 {
	if s.Word("pos-weight") == "batch" {
		return func(positives, negatives float64) float64 { return negatives / max(positives, 1) }
	}
	w := s.Number("pos-weight")
	return func(_, _ float64) float64 { return w }
}

func entropy(logit, truth float64) float64 {
	return max(logit, 0) - logit*truth + math.Log1p(math.Exp(-math.Abs(logit)))
}

func entropySlope(logit, truth float64) float64 { return math.Exp(logSigmoid(logit)) - truth }
