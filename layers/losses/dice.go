package losses

import (
	"r2unet/internal/setting"
	"r2unet/layers"
)

// Dice, 1 − (2·TP + s)/(2·TP + FP + FN + s) with soft counts (Milletari et al. 2016): 1 − (2Σpt + s)/(Σp + Σt + s) with
// s = smooth, over the batch or each image.
func init() {
	e := region("dice", dice, smooth())
	e.fused = func(s setting.Setting) (layers.LossWeights, bool) {
		return layers.LossWeights{Dice: 1}, s.Word("per") == "batch" && s.Word("smooth") == "1"
	}
	register("dice", e)
}

func dice(s setting.Setting) overlap {
	smooth := s.Number("smooth")
	return overlap{
		value: func(r layers.Region) float64 { return 1 - (2*r.Both+smooth)/(r.Predicted+r.True+smooth) },
		slope: func(r layers.Region) (both, predicted float64) {
			size := r.Predicted + r.True + smooth
			return -2 / size, (2*r.Both + smooth) / (size * size)
		},
	}
}
