package matrix

import "testing"

// TestEpochsComeClosestToTheBudget in TFLOP, from below or above, and there is at least one.
func TestEpochsComeClosestToTheBudget(t *testing.T) {
	for _, c := range []struct {
		budget, epoch float64
		epochs        int
	}{
		{1, 1e12, 1}, {3, 1.25e12, 2}, {3, 1.1e12, 3}, {0.001, 1e6, 1000}, {1, 1e15, 1}, {1, 2.1e12, 1},
	} {
		if got := (Training{ComputeBudget: c.budget}).EpochsWithin(c.epoch); got != c.epochs {
			t.Errorf("%d epochs of %g FLOP are closest to %g TFLOP, want %d", got, c.epoch, c.budget, c.epochs)
		}
	}
}
