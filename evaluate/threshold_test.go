package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestBestThresholdIsThatOfASearch tries every threshold that makes a difference.
func TestBestThresholdIsThatOfASearch(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		c := NewCollector(Options{MemoryPixels: 100}) // so that some pixels are in files
		defer func() { _ = c.Close() }()
		var probabilities []float32
		var truths []uint8
		for i := range 3 {
			image := Image{ID: fmt.Sprint(i), Width: 10, Height: 8}
			for range 80 {
				truth := uint8(random.IntN(4) / 3)
				p := float32(math.Round(random.Float64()*(20+10*float64(truth)))) / 31 // with ties and zeros
				inside := uint8(random.IntN(2))
				image.Truth, image.FOV = append(image.Truth, truth), append(image.FOV, inside)
				image.Probabilities = append(image.Probabilities, p)
				if inside == 1 {
					probabilities, truths = append(probabilities, p), append(truths, truth)
				}
			}
			if err := c.Add(image); err != nil {
				t.Fatal(err)
			}
		}
		at := func(threshold float64) float64 {
			var tp, fp, fn float64
			for i, p := range probabilities {
				switch found := float64(p) >= threshold; {
				case found && truths[i] == 1:
					tp++
				case found:
					fp++
				case truths[i] == 1:
					fn++
				}
			}
			return 2 * tp / (2*tp + fp + fn)
		}
		best := 0.0
		for _, p := range probabilities {
			if p > 0 {
				best = max(best, at(float64(p)))
			}
		}
		threshold, f1, err := c.BestThreshold()
		if err != nil || f1 != best || at(threshold) != best || !(threshold > 0 && threshold <= 1) {
			t.Errorf("seed %d: threshold %g with F1 %g (%v); there F1 is %g, the best is %g",
				seed, threshold, f1, err, at(threshold), best)
		}
		again, _, err := c.BestThreshold()
		if err != nil || again != threshold {
			t.Errorf("seed %d: then %g (%v)", seed, again, err)
		}
	}
}

func TestBestThresholdOfSpecialCases(t *testing.T) {
	for name, c := range map[string]struct {
		probabilities []float32
		truth         []uint8
		threshold, f1 float64
	}{
		"apart":                   {[]float32{0.9, 0.8, 0.1, 0}, []uint8{1, 1, 0, 0}, 0.45, 1},
		"close":                   {[]float32{0.8412, 0.8411}, []uint8{1, 0}, 0.8411, 1}, // which is above float32(0.8411),
		"all foreground":          {[]float32{1, 0.2}, []uint8{1, 1}, 0.1, 1},
		"no foreground":           {[]float32{1, 0.2}, []uint8{0, 0}, 0.5, math.NaN()},
		"foreground without hope": {[]float32{0, 0.2}, []uint8{1, 0}, 0.5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			collector := NewCollector(Options{})
			defer func() { _ = collector.Close() }()
			image := Image{ID: "x", Width: len(c.truth), Height: 1, Probabilities: c.probabilities, Truth: c.truth}
			if err := collector.Add(image); err != nil {
				t.Fatal(err)
			}
			threshold, f1, err := collector.BestThreshold()
			if err != nil || threshold != c.threshold || f1 != c.f1 && !(math.IsNaN(f1) && math.IsNaN(c.f1)) {
				t.Errorf("threshold %g with F1 %g (%v), want %g with %g", threshold, f1, err, c.threshold, c.f1)
			}
		})
	}
}

// TestOfEquallyGoodThresholdsTheHighestIsTaken: F1 is 2/3 above 0.4 and below.
func TestOfEquallyGoodThresholdsTheHighestIsTaken(t *testing.T) {
	c := NewCollector(Options{})
	defer func() { _ = c.Close() }()
	err := c.Add(Image{
		ID: "a", Width: 4, Height: 1, Probabilities: []float32{0.9, 0.4, 0.4, 0.4}, Truth: []uint8{1, 1, 0, 0},
	})
	if err != nil {
		t.Fatal(err)
	}
	if threshold, f1, err := c.BestThreshold(); err != nil || threshold <= 0.4 || math.Abs(f1-2.0/3) > 1e-12 {
		t.Errorf("threshold %g, F1 %g, %v", threshold, f1, err)
	}
}
