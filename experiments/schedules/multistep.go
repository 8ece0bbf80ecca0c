package schedules

import (
	"math"
	"slices"

	"r2unet/internal/setting"
)

// The rate is multiplied by a factor after each of some numbers of epochs (PyTorch's MultiStepLR). Epochs count from
// the beginning of the run, also after a warm-up.
func init() {
	Register("multi-step", func(s setting.Setting) Schedule {
		at, factor := s.Wholes("at"), s.Number("factor")
		return func(p Position) float64 {
			passed, _ := slices.BinarySearch(at, p.Epoch+1)
			return p.Base * math.Pow(factor, float64(passed))
		}
	}, setting.Wholes("at", 1, 1_000_000), setting.Number("factor", 0.1, 1e-6, 1))
}
