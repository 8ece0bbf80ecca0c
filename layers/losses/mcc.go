package losses

import (
	"math"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// Matthews correlation (Abhishek and Hamarneh 2021), 1 − (TP·TN − FP·FN)/√((TP+FP)(TP+FN)(TN+FP)(TN+FN) + s) with soft
// counts and s = smooth, over the batch or each image. Their s stands outside of the root, whose slope is infinite
// where nothing is predicted. Without any foreground, or any background, in the truth the loss is 1 and has no
// gradient: add bce.
func init() { register("mcc", region("mcc", mcc, smooth())) }

func mcc(s setting.Setting) overlap {
	smooth := s.Number("smooth")
	// TP·TN − FP·FN = N·Σpt − Σp·Σt, and the product of the margins.
	parts := func(r layers.Region) (covariance, root float64) {
		margins := r.Predicted * r.True * (r.Pixels - r.Predicted) * (r.Pixels - r.True)
		return r.Pixels*r.Both - r.Predicted*r.True, math.Sqrt(max(margins, 0) + smooth)
	}
	return overlap{
		value: func(r layers.Region) float64 {
			covariance, root := parts(r)
			return 1 - covariance/root
		},
		slope: func(r layers.Region) (both, predicted float64) {
			covariance, root := parts(r)
			margins := r.True * (r.Pixels - r.True) * (r.Pixels - 2*r.Predicted) // derivative with respect to Predicted
			return -r.Pixels / root, r.True/root + covariance*margins/(2*root*root*root)
		},
	}
}
