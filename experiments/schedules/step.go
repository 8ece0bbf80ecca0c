package schedules

import (
	"math"

	"r2unet/internal/setting"
)

// The rate is multiplied by a factor after each `every` epochs (PyTorch's StepLR). Epochs count from the beginning of
// the run, also after a warm-up.
func init() {
	Register("step", func(s setting.Setting) Schedule {
		every, factor := s.Whole("every"), s.Number("factor")
		return func(p Position) float64 { return p.Base * math.Pow(factor, float64(p.Epoch/every)) }
	}, setting.Whole("every", 1, 1, 1_000_000).Required(), setting.Number("factor", 0.1, 1e-6, 1))
}
