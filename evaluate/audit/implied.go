package audit

// prevalence returns the share of foreground pixels that SE, SP and AC imply: AC = π·SE + (1−π)·SP. Both ends
// of the left side are linear in π, so the interval is exact. It is empty if no share of foreground fits.
func prevalence(se, sp, ac interval) interval {
	share := everything
	// For some SE and SP within rounding, π·SE + (1−π)·SP ≤ max AC and ≥ min AC.
	share = atMost(share, se.low-sp.low, ac.high-sp.low)
	share = atMost(share, sp.high-se.high, sp.high-ac.low)
	return share
}

// atMost intersects the interval with the solutions of a·π ≤ b.
func atMost(share interval, a, b float64) interval {
	switch {
	case a > 0:
		share.high = min(share.high, b/a)
	case a < 0:
		share.low = max(share.low, b/a)
	case b < 0:
		return interval{1, 0}
	}
	return share
}

// impliedF1 returns an interval that contains F1 for every share of foreground that SE, SP and AC imply: TP =
// π·SE = AC − (1−π)·SP as shares of all pixels, and F1 = 2TP/(2TP + 1 − AC). The share's interval is divided
// into slices, because SE, SP and AC cannot all be at the same end of their intervals.
func impliedF1(se, sp, ac interval) interval {
	share := prevalence(se, sp, ac)
	found := interval{1, 0}
	if share.empty() {
		return found
	}
	const slices = 2000
	width := (share.high - share.low) / slices
	for k := range slices {
		low, high := share.low+float64(k)*width, share.low+float64(k+1)*width
		positives := interval{low * se.low, high * se.high}.intersect(
			interval{ac.low - (1-low)*sp.high, ac.high - (1-high)*sp.low})
		if positives.empty() {
			continue
		}
		found = found.hull(interval{
			f1Of(positives.low, 1-ac.low),
			f1Of(positives.high, 1-ac.high),
		})
	}
	return found.widen().intersect(everything)
}

// f1Of increases with the share of true positives and decreases with that of errors.
func f1Of(positives, errors float64) float64 {
	if positives <= 0 {
		return 0
	}
	return 2 * positives / (2*positives + max(errors, 0))
}

// impliedJaccard returns F1/(2−F1), which increases with F1.
func impliedJaccard(f1 interval) interval {
	of := func(v float64) float64 { return v / (2 - v) }
	return interval{of(f1.low), of(f1.high)}.widen()
}

// harmonic returns F1 from precision and sensitivity; it increases with both.
func harmonic(precision, se interval) interval {
	of := func(p, s float64) float64 {
		if p+s == 0 {
			return 0
		}
		return 2 * p * s / (p + s)
	}
	return interval{of(precision.low, se.low), of(precision.high, se.high)}.widen()
}

// possibleAUC returns the possible areas under a ROC curve through (1−SP, SE): at least the rectangle below
// the point, at most all but the rectangle above it.
func possibleAUC(se, sp interval) interval {
	return interval{se.low * sp.low, 1 - (1-se.high)*(1-sp.high)}.widen()
}
