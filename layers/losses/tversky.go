package losses

import (
	"r2unet/internal/setting"
	"r2unet/layers"
)

// Tversky loss (Salehi et al. 2017), 1 − (TP + s)/(TP + α·FP + β·FN + s) with soft counts and s = smooth, over the
// batch or each image; by default α = alpha = 0.3 and β = beta = 0.7: misses cost more than false alarms.
func init() { register("tversky", region("tversky", tversky, tverskyParameters()...)) }

func tverskyParameters() []setting.Parameter {
	return []setting.Parameter{setting.Number("alpha", 0.3, 0, 100), setting.Number("beta", 0.7, 0, 100), smooth()}
}

func tversky(s setting.Setting) overlap {
	alpha, beta, smooth := s.Number("alpha"), s.Number("beta"), s.Number("smooth")
	size := func(r layers.Region) float64 {
		return r.Both + alpha*(r.Predicted-r.Both) + beta*(r.True-r.Both) + smooth
	}
	return overlap{
		value: func(r layers.Region) float64 { return 1 - (r.Both+smooth)/size(r) },
		slope: func(r layers.Region) (both, predicted float64) {
			size := size(r) // whose derivative with respect to Both is 1 − α − β
			return -1/size + (r.Both+smooth)*(1-alpha-beta)/(size*size), (r.Both + smooth) * alpha / (size * size)
		},
	}
}
