package losses

import (
	"r2unet/internal/setting"
	"r2unet/layers"
)

// Jaccard, 1 − (TP + s)/(TP + FP + FN + s) with soft counts and s = smooth (Rahman and Wang 2016), over the batch or
// each image.
func init() { register("jaccard", region("jaccard", jaccard, smooth())) }

func jaccard(s setting.Setting) overlap {
	smooth := s.Number("smooth")
	union := func(r layers.Region) float64 { return r.Predicted + r.True - r.Both + smooth }
	return overlap{
		value: func(r layers.Region) float64 { return 1 - (r.Both+smooth)/union(r) },
		slope: func(r layers.Region) (both, predicted float64) {
			u := union(r)
			return -1/u - (r.Both+smooth)/(u*u), (r.Both + smooth) / (u * u)
		},
	}
}
