package segment

import (
	"slices"
	"testing"

	"r2unet/experiments/assess"
)

// TestWindowsOverlapByTheirShare and have Gaussian weights; patches of the training have none.
func TestWindowsOverlapByTheirShare(t *testing.T) {
	for _, c := range []struct {
		settings Settings
		want     assess.Windows
	}{
		{Settings{Window: 64, Overlap: 0.25}, assess.Windows{Side: 64, Stride: 48, Gaussian: true}},
		{Settings{Window: 64}, assess.Windows{Side: 64, Stride: 64, Gaussian: true}},
		{Settings{Window: 2, Overlap: 0.9}, assess.Windows{Side: 2, Stride: 1, Gaussian: true}},
		{Settings{Stride: 5}, assess.Windows{Side: 48, Stride: 5}},
		{Settings{Stride: 5, Patch: 32}, assess.Windows{Side: 32, Stride: 5}},
	} {
		got, cut, err := c.settings.windows(48)
		if c.want.Batch = got.Batch; err != nil || !cut || got != c.want || got.Batch < 1 || got.Batch > 32 {
			t.Errorf("%+v: %+v, %t, %v", c.settings, got, cut, err)
		}
	}
}

// TestUncertaintyIsThatOfTheMostUncertainClass, and the deviation of all networks, not of a sample of them.
func TestUncertaintyIsThatOfTheMostUncertainClass(t *testing.T) {
	p := Prediction{Width: 2, Height: 1}
	p.average([][]float32{{0.25, 0.5, 0.75, 0.5}, {0.75, 0.5, 0.25, 1}, {0.5, 0.5, 0.5, 0.75}}, true)
	if !slices.Equal(p.Probabilities, []float32{0.5, 0.5, 0.5, 0.75}) ||
		!slices.Equal(p.Uncertainty, []float32{0.20412415, 0.20412415}) { // √(0.125/3)
		t.Errorf("%v ± %v", p.Probabilities, p.Uncertainty)
	}
	certain := Prediction{Width: 2, Height: 1}
	certain.average([][]float32{{0, 0.25, 1, 0.5}, {1, 0.25, 1, 0.5}}, true)
	if !slices.Equal(certain.Uncertainty, []float32{0.5, 0}) {
		t.Errorf("classes of 0 or 1, and of the same: ± %v", certain.Uncertainty)
	}
}

// TestLimitsHoldTheLargestPicture and no more than a machine bears.
func TestLimitsHoldTheLargestPicture(t *testing.T) {
	if serving.body != 130<<20 || serving.inside != 8 || maxConnections != 200 {
		t.Errorf("limits %+v, %d connections", serving, maxConnections)
	}
}
