package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"r2unet/evaluate/measures"
)

// collected measures probabilities in rows of 100 pixels, inside their field of view and outside.
func collected(t *testing.T, probabilities []float32, truth, fov []uint8) *Collector {
	t.Helper()
	// so that some pixels are in files
	c := NewCollector(Options{MemoryPixels: 1000, Extra: []*measures.Measure{measures.ECE}})
	t.Cleanup(func() { _ = c.Close() })
	for at := 0; at < len(truth); at += 100 {
		end := min(at+100, len(truth))
		image := Image{ID: fmt.Sprint(at), Width: end - at, Height: 1, Probabilities: probabilities[at:end]}
		image.Truth = truth[at:end]
		if fov != nil {
			image.FOV = fov[at:end]
		}
		if err := c.Add(image); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestBestTemperatureOfTwoProbabilities: of pixels with 0.9, three quarters are foreground, and of those with 0.1, one
// quarter: ln 9 divided by T has to be ln 3. Pixels outside the field of view and ignored ones do not count.
func TestBestTemperatureOfTwoProbabilities(t *testing.T) {
	c := collected(t, []float32{0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.7, 0.7},
		[]uint8{1, 1, 1, 0, 1, 0, 0, 0, 0, Ignored}, []uint8{1, 1, 1, 1, 1, 1, 1, 1, 0, 1})
	got, err := c.BestTemperature()
	if err != nil {
		t.Fatal(err)
	}
	loss := func(p float64) float64 { return -0.75*math.Log(p) - 0.25*math.Log(1-p) }
	if got.Temperature != 2 || math.Abs(got.Loss-loss(0.75)) > 1e-6 || math.Abs(got.LossBefore-loss(0.9)) > 1e-6 {
		t.Errorf("%+v, want 2, %g and %g", got, loss(0.75), loss(0.9))
	}
}

// TestCalibrationFindsTheFactorOfLogits of networks that are surer than they may be, and less sure: pixels are drawn
// from their true logits. AUC and F1 stay, calibration errors become small.
func TestCalibrationFindsTheFactorOfLogits(t *testing.T) {
	for _, factor := range []float64{0.4, 2.5, 6} {
		random := rand.New(rand.NewPCG(1, uint64(10*factor)))
		const n = 40_000
		probabilities, truth := make([]float32, n), make([]uint8, n)
		for i := range truth {
			z := -1 + 2*random.NormFloat64()
			probabilities[i] = float32(sigmoid(factor * z))
			if random.Float64() < sigmoid(z) {
				truth[i] = 1
			}
		}
		before := collected(t, probabilities, truth, nil)
		found, err := before.BestTemperature()
		if err != nil || math.Abs(found.Temperature/factor-1) > 0.03 || !(found.Loss < found.LossBefore) {
			t.Errorf("factor %g: %+v (%v)", factor, found, err)
		}
		calibrated := slices.Clone(probabilities)
		Calibrate(calibrated, found.Temperature)
		m1, err1 := before.Measures()
		m2, err2 := collected(t, calibrated, truth, nil).Measures()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		was, is := m1.Inside.Micro, m2.Inside.Micro
		if was.Counts != is.Counts || math.Abs(was.Of(measures.AUC)-is.Of(measures.AUC)) > 1e-7 {
			t.Errorf("factor %g: AUC %.9f becomes %.9f, counts %+v become %+v",
				factor, was.Of(measures.AUC), is.Of(measures.AUC), was.Counts, is.Counts)
		}
		if e := is.Of(measures.ECE); !(e < 0.01 && e < was.Of(measures.ECE)/5) {
			t.Errorf("factor %g: ECE %g becomes %g", factor, was.Of(measures.ECE), e)
		}
	}
}

// TestCalibrateKeepsOrderAndSide of all kinds of probabilities, at any temperature.
func TestCalibrateKeepsOrderAndSide(t *testing.T) {
	below, above := math.Nextafter32(0.5, 0), math.Nextafter32(0.5, 1)
	probabilities := []float32{
		0, math.SmallestNonzeroFloat32, 1e-30, 1e-5, 0.25, below, 0.5, above, 0.75, 0.99999, math.Nextafter32(1, 0), 1,
	}
	for _, temperature := range []float64{LowestTemperature, 0.5, 1, 3, HighestTemperature} {
		got := slices.Clone(probabilities)
		Calibrate(got, temperature)
		for i, p := range got {
			if (p >= 0.5) != (probabilities[i] >= 0.5) || !(p >= 0 && p <= 1) || i > 0 && p < got[i-1] {
				t.Errorf("temperature %g: %v becomes %v", temperature, probabilities, got)
				break
			}
		}
		if got[6] != 0.5 {
			t.Errorf("temperature %g: 0.5 becomes %g", temperature, got[6])
		}
	}
	got := slices.Clone(probabilities)
	if Calibrate(got, 0); !slices.Equal(got, probabilities) {
		t.Errorf("without a temperature: %v", got)
	}
}

func TestBestTemperatureOfSpecialCases(t *testing.T) {
	for name, c := range map[string]struct {
		probabilities []float32
		truth         []uint8
		want          float64 // 0: an error
	}{
		"told apart":           {[]float32{0.9, 0.8, 0.2, 0.1}, []uint8{1, 1, 0, 0}, LowestTemperature},
		"always wrong":         {[]float32{0.9, 0.8, 0.2, 0.1}, []uint8{0, 0, 1, 1}, HighestTemperature},
		"sure, and once wrong": {[]float32{1, 1, 0, 0}, []uint8{1, 0, 0, 0}, HighestTemperature},
		"background alone":     {[]float32{0.9, 0.1}, []uint8{0, 0}, 0},
		"foreground alone":     {[]float32{0.9, 0.1}, []uint8{1, 1}, 0},
	} {
		got, err := collected(t, c.probabilities, c.truth, nil).BestTemperature()
		if (err != nil) != (c.want == 0) || math.Abs(got.Temperature-c.want) > 1e-3*c.want {
			t.Errorf("%s: %+v (%v), want %g", name, got, err, c.want)
		}
	}
}
