package schedules

import "r2unet/internal/setting"

// The rate is multiplied by a factor when the validation loss has not fallen for more than `patience` epochs, as
// PyTorch's ReduceLROnPlateau does it: an epoch is better if its loss is below the best one by more than the fraction
// `threshold`; after a reduction, `cooldown` epochs are not counted; the rate does not fall below `final`, nor by less
// than 1e-8. The rate is computed from the losses of all finished epochs, so that there is nothing to save.
func init() {
	Register("plateau", plateau,
		setting.Number("factor", 0.1, 1e-6, 1),
		setting.Whole("patience", 10, 0, 1_000_000),
		setting.Number("threshold", 1e-4, 0, 1),
		setting.Whole("cooldown", 0, 0, 1_000_000),
		setting.Number("final", 0, 0, 1),
	)
}

// leastReduction is the smallest change of the rate that is made.
const leastReduction = 1e-8

func plateau(s setting.Setting) Schedule {
	factor, threshold, final := s.Number("factor"), s.Number("threshold"), s.Number("final")
	patience, cooldown := s.Whole("patience"), s.Whole("cooldown")
	return func(p Position) float64 {
		rate, best, bad, cooling := p.Base, 0.0, 0, 0
		for epoch, loss := range p.Validation {
			if epoch == 0 || loss < best*(1-threshold) {
				best, bad = loss, 0
			} else {
				bad++
			}
			if cooling > 0 {
				cooling--
				bad = 0
			}
			if bad > patience {
				if lower := max(rate*factor, final); rate-lower > leastReduction {
					rate = lower
				}
				cooling, bad = cooldown, 0
			}
		}
		return rate
	}
}
