package training

import (
	"math"
	"testing"

	"r2unet/evaluate/measures"
	"r2unet/internal/model"
)

func TestTallyCountsPixels(t *testing.T) {
	for name, c := range map[string]struct {
		targets       []float32
		probabilities []float32
		want          measures.Counts
	}{
		"one logit": {
			[]float32{1, 1, 0, 0, -1, -1},
			[]float32{0.5, 0.4, 0.6, 0.1, 0.9, 0.1},
			measures.Counts{TP: 1, TN: 1, FP: 1, FN: 1},
		},
		"three classes": {
			[]float32{0, 1, 2, 2, 0, -1},
			[]float32{
				0.8, 0.1, 0.2, 0.6, 0.3, 0,
				0.1, 0.8, 0.5, 0.3, 0.4, 1,
				0.1, 0.1, 0.3, 0.1, 0.3, 0,
			}, // predicted: 0, 1, 1, 0, 1, 1
			measures.Counts{TP: 1, TN: 1, FP: 2, FN: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var pixels tally
			b := model.Batch{Targets: c.targets, N: 1, C: 1, H: 2, W: 3}
			if err := pixels.add(b, c.probabilities); err != nil || pixels.counts != c.want {
				t.Errorf("%+v (%v), want %+v", pixels.counts, err, c.want)
			}
			if err := pixels.add(b, c.probabilities[1:]); err == nil {
				t.Error("a missing probability went unnoticed")
			}
		})
	}
}

// TestSeveralClassesSelectByTheirMean: as in tables, so that a class that is never found counts as much as another.
func TestSeveralClassesSelectByTheirMean(t *testing.T) {
	b := model.Batch{Targets: []float32{0, 1, 2, 2, 0, -1}, N: 1, C: 1, H: 2, W: 3}
	probabilities := []float32{
		0.8, 0.1, 0.2, 0.6, 0.3, 0,
		0.1, 0.7, 0.5, 0.3, 0.4, 1,
		0.1, 0.2, 0.3, 0.1, 0.3, 0,
	} // predicted: 0, 1, 1, 0, 1, 1
	for _, c := range []struct {
		by   *measures.Measure
		want float64
	}{
		{measures.F1, (2*1/4. + 0) / 2},        // of class 1, one hit and two false alarms; of class 2, two misses
		{measures.Sensitivity, (1 + 0) / 2.},   // of one and of two pixels
		{measures.Accuracy, (3/5. + 3/5.) / 2}, // of the five that count
		{measures.AUC, (1 + 3/6.) / 2},         // 0.7 above all; 0.3 and 0.1 against 0.1, 0.2 and 0.3
	} {
		pixels := newTally(c.by)
		err := pixels.add(b, probabilities)
		got, err2 := pixels.measure()
		if err != nil || err2 != nil || got == nil || math.Abs(*got-c.want) > 1e-9 {
			t.Errorf("%s: %v (%v, %v), want %g", c.by.ID, got, err, err2, c.want)
		}
		if err := pixels.close(); err != nil {
			t.Error(err)
		}
	}
}

// TestBlankPredictionsAreNoticed: in two epochs in a row, of samples that have foreground and background.
func TestBlankPredictionsAreNoticed(t *testing.T) {
	empty, full := measures.Counts{TN: 9, FN: 1}, measures.Counts{TP: 1, FP: 9}
	good, nothing := measures.Counts{TP: 1, TN: 8, FP: 1}, measures.Counts{TN: 10}
	for _, c := range []struct {
		epochs []measures.Counts
		want   string
	}{
		{[]measures.Counts{empty}, ""},
		{[]measures.Counts{empty, empty}, "background"},
		{[]measures.Counts{good, full, full}, "foreground"},
		{[]measures.Counts{empty, full}, ""},
		{[]measures.Counts{empty, good}, ""},
		{[]measures.Counts{nothing, nothing}, ""},
	} {
		var h History
		for i := range c.epochs {
			h = append(h, Epoch{Counts: &c.epochs[i]})
		}
		if got := h.Blank(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.epochs, got, c.want)
		}
	}
	if h := (History{{}, {}}); h.Blank() != "" {
		t.Error("epochs without counts are blank")
	}
}
