package losses

import (
	"math"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// Focal Tversky loss (Abraham and Khan 2019), the Tversky loss to the power of 1/γ; power is 1/γ, by default their 3/4:
// a batch or an image that is nearly right still counts.
func init() {
	parameters := append(tverskyParameters(), setting.Number("power", 0.75, 0.1, 10))
	register("focal-tversky", region("focal-tversky", focalTversky, parameters...))
}

func focalTversky(s setting.Setting) overlap {
	t, power := tversky(s), s.Number("power")
	// Rounding may put the Tversky loss below 0, and the power's slope at 0 may be infinite.
	base := func(r layers.Region) float64 { return max(t.value(r), 1e-12) }
	return overlap{
		value: func(r layers.Region) float64 { return math.Pow(base(r), power) },
		slope: func(r layers.Region) (both, predicted float64) {
			outer := power * math.Pow(base(r), power-1)
			both, predicted = t.slope(r)
			return outer * both, outer * predicted
		},
	}
}
