package schedules

import (
	"math"

	"r2unet/internal/setting"
)

// From the base rate to the final one as a power of the fraction of the run that is left (PyTorch's PolynomialLR), in
// steps of an update. nnU-Net's power is 0.9; with 1 it is a straight line.
func init() {
	Register("polynomial", func(s setting.Setting) Schedule {
		power, final := s.Number("power"), s.Number("final")
		return func(p Position) float64 { return final + (p.Base-final)*math.Pow(1-p.Done(), power) }
	}, setting.Number("power", 0.9, 0, 10), setting.Number("final", 0, 0, 1))
}
