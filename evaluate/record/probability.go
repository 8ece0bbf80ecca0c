package record

import "math"

// Pictures of probabilities have 16 bits. From 1/128 to 127/128 a level is the probability times 65535. Below
// that, levels 0 … 511 are equal steps of the probability's logarithm, from 2⁻⁴⁸ to 2⁻⁷, and the upper end
// mirrors the lower: 65535 minus the level of 1 − p. Linear levels alone are too coarse for a confident
// network: most of its probabilities lie closer to 0 or 1 than 2⁻¹⁶, where their order, and with it the AUC,
// would be lost. Interpreted as linear, a level differs from its probability by at most 1/128.
const (
	fullLevel = math.MaxUint16
	tail      = 512 // levels at each end
	tailFrom  = -48 // binary logarithm of the smallest probability above 0
	tailTo    = -7  // … and of the first linear one
)

// ProbabilityLevel returns the level of a probability in [0, 1]. It is monotonic.
func ProbabilityLevel(p float64) uint16 {
	p = min(max(p, 0), 1)
	if p > 0.5 && 1-p < math.Ldexp(1, tailTo) {
		return fullLevel - tailLevel(1-p)
	}
	if p < math.Ldexp(1, tailTo) {
		return tailLevel(p)
	}
	return uint16(p*fullLevel + 0.5)
}

func tailLevel(p float64) uint16 {
	return uint16(max(0, tail*(math.Log2(p)-tailFrom)/(tailTo-tailFrom)))
}

// LevelProbability returns the probability that a level stands for.
func LevelProbability(level uint16) float64 {
	switch {
	case level > fullLevel-tail:
		return 1 - tailProbability(fullLevel-level)
	case level < tail:
		return tailProbability(level)
	}
	return float64(level) / fullLevel
}

func tailProbability(level uint16) float64 {
	if level == 0 {
		return 0
	}
	return math.Exp2(tailFrom + (tailTo-tailFrom)*(float64(level)+0.5)/tail)
}
