package schedules

import "r2unet/internal/setting"

// One cycle (Smith and Topin 2018) as PyTorch's OneCycleLR computes it, in steps of an update: from base/div up to the
// base rate in the first part of the run, `rise`, and down to base/(div·final-div) in the rest, on half cosines or
// straight lines. The momentum is not cycled.
func init() {
	Register("one-cycle", oneCycle,
		setting.Number("rise", 0.3, 0, 1),
		setting.Number("div", 25, 1, 1e6),
		setting.Number("final-div", 1e4, 1, 1e9),
		setting.Word("form", "cosine", "linear"),
	)
}

func oneCycle(s setting.Setting) Schedule {
	rise, div, finalDiv, way := s.Number("rise"), s.Number("div"), s.Number("final-div"), between
	if s.Word("form") == "linear" {
		way = func(from, to, fraction float64) float64 { return from + (to-from)*fraction }
	}
	return func(p Position) float64 {
		first := p.Base / div
		top, end := rise*float64(p.Updates)-1, float64(p.Updates-1) // updates that have the highest and the lowest rate
		switch at := float64(p.Update); {
		case at < top:
			return way(first, p.Base, at/top)
		case top < end:
			return way(p.Base, first/finalDiv, (at-top)/(end-top))
		}
		return p.Base
	}
}
