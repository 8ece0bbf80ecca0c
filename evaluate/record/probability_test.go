package record

import (
	"math"
	"testing"
)

func TestLevelsOrderLikeProbabilitiesAndComeBack(t *testing.T) {
	previous := -1
	for _, p := range []float64{
		0, 1e-20, 0x1p-48, 1e-14, 1e-9, 1e-5, 0.007, 0x1p-7, 0.008, 0.1, 0.49999, 0.5, 0.6, 0.99, 1 - 0x1p-7, 0.993,
		0.99999, 1 - 1e-7, 1 - 0x1p-24, 1,
	} {
		level := ProbabilityLevel(p)
		back := LevelProbability(level)
		if int(level) < previous {
			t.Errorf("%g has level %d, below that of a smaller probability, %d", p, level, previous)
		}
		previous = int(level)
		if d := math.Abs(back - p); d > 0.5/math.MaxUint16 && d > 0.03*min(p, 1-p) {
			t.Errorf("%g has level %d, which stands for %g", p, level, back)
		}
		if linear := float64(level) / math.MaxUint16; math.Abs(linear-p) > 1.0/128 {
			t.Errorf("%g reads as %g where levels are taken for linear", p, linear)
		}
	}
	for level := range 1 << 16 {
		if got := ProbabilityLevel(LevelProbability(uint16(level))); got != uint16(level) {
			t.Fatalf("level %d stands for %g, which has level %d", level, LevelProbability(uint16(level)), got)
		}
	}
	if ProbabilityLevel(0) != 0 || ProbabilityLevel(0.5) != 1<<15 || ProbabilityLevel(1) != math.MaxUint16 ||
		ProbabilityLevel(1-0x1p-24) == math.MaxUint16 {
		t.Error("levels of 0, a half, 1 and the float32 before 1 are not what they should be")
	}
}
