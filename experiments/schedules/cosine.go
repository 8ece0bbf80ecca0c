package schedules

import (
	"math"

	"r2unet/internal/setting"
)

// Cosine annealing from the base rate to the final one (Loshchilov and Hutter 2017), in steps of an update: half a
// cosine over the run, or in each of several cycles. After a cycle the rate jumps back to the base rate
// (form=restarts, PyTorch's CosineAnnealingWarmRestarts, where each cycle is `growth` times as long as the one before),
// or returns there on the same curve (form=wave, PyTorch's CosineAnnealingLR past its T_max, with which lwnet is
// trained): down in the first cycle, up in the second, and so on, so that an odd number of cycles ends at the final
// rate.
func init() {
	Register("cosine", cosine,
		setting.Whole("cycles", 1, 1, 10_000),
		setting.Number("final", 0, 0, 1),
		setting.Word("form", "restarts", "wave"),
		setting.Whole("growth", 1, 1, 10),
	)
}

func cosine(s setting.Setting) Schedule {
	cycles, growth, final := s.Whole("cycles"), s.Whole("growth"), s.Number("final")
	if s.Word("form") == "wave" {
		return func(p Position) float64 { return between(p.Base, final, p.Done()*float64(cycles)) }
	}
	return func(p Position) float64 { return between(p.Base, final, cycle(p, cycles, growth)) }
}

// cycle returns the fraction of the present cycle that has been taken.
func cycle(p Position, cycles, growth int) float64 {
	updates := max(p.Updates, 1)
	if growth == 1 { // in whole numbers, so that each cycle begins where it should
		return float64(p.Update*cycles%updates) / float64(updates)
	}
	start := 0.0
	length := float64(updates) * float64(growth-1) / (math.Pow(float64(growth), float64(cycles)) - 1)
	for range cycles - 1 {
		if float64(p.Update) < start+length {
			break
		}
		start += length
		length *= float64(growth)
	}
	return (float64(p.Update) - start) / length
}
