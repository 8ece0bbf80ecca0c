package losses

import (
	G "gorgonia.org/gorgonia"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// Cross-entropy, the mean over pixels of −log q, where q is the probability of the pixel's true class: of one
// foreground class the same as bce, of several classes from the softmax of their logits.
func init() {
	register("cross-entropy", entry{
		build: func(setting.Setting) Loss {
			return func(b *layers.Builder, logits, target *G.Node) *G.Node {
				return b.PixelLoss(logits, target, layers.PixelLoss{
					Name: "cross-entropy", Value: entropy, Slope: entropySlope,
					ClassValue: func(logq float64) float64 { return -logq },
					ClassSlope: func(float64) float64 { return -1 },
				})
			}
		},
		fused: func(setting.Setting) (layers.LossWeights, bool) { return layers.LossWeights{BCE: 1}, true },
	})
}
