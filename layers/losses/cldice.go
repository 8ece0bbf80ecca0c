package losses

import (
	G "gorgonia.org/gorgonia"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// Soft clDice (Shit et al. 2021): how much of the predicted centrelines lies in the true vessels, and of the true ones
// in the predicted vessels, over the batch. iterations is the number of erosions of a soft skeleton, at least the
// radius of the widest vessel in pixels. It says little of the vessels' width: add it to dice or bce.
func init() {
	register("cldice", entry{
		parameters: []setting.Parameter{setting.Whole("iterations", 3, 1, 100), smooth()},
		build: func(s setting.Setting) Loss {
			return func(b *layers.Builder, logits, target *G.Node) *G.Node {
				return b.CLDice(logits, target, s.Whole("iterations"), s.Number("smooth"))
			}
		},
	})
}
