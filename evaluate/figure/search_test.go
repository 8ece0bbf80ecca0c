package figure

import (
	"math"
	"strings"
	"testing"

	"r2unet/evaluate/record"
)

// TestSearchFigureHasAPanelForEachKey: with its effect; nothing is drawn of trials without values, and damaged values
// do no harm.
func TestSearchFigureHasAPanelForEachKey(t *testing.T) {
	s := record.Search{
		Name: "DRIVE U-Net", Label: "drive-u-net", Measure: "F1",
		Keys: []record.SearchKey{
			{Key: "learning-rate", Low: 1e-4, High: 1e-1, Log: true},
			{Key: "optimizer", Choices: []string{"adam", "sgd"}},
		},
	}
	if f, err := Search(s); f != nil || err != nil {
		t.Errorf("of no trials: %v, %v", f, err)
	}
	for i, rate := range []string{"0.0001", "0.001", "0.01", "0.1", "0.05", "-1", "x"} {
		value := 0.8 - 0.01*float64(i)
		optimizer := []string{"adam", "sgd", "adamw"}[i%3]
		s.Trials = append(s.Trials, record.Trial{
			Number: i + 1, Values: []string{rate, optimizer}, State: record.TrialFinished, Value: &value,
		})
	}
	infinite, far := math.Inf(1), -1e9
	s.Trials = append(s.Trials,
		record.Trial{Number: 8, Values: []string{"0.02", "sgd"}, State: record.TrialFinished, Value: &infinite},
		record.Trial{Number: 9, Values: []string{"0.02", "sgd"}, State: record.TrialFinished, Value: &far},
		record.Trial{Number: 10, Values: []string{"0.02", "sgd"}, State: record.TrialDiverged})
	f, err := Search(s)
	if err != nil || f == nil {
		t.Fatal(err)
	}
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">learning-rate<", ">optimizer<", ">adam<", "ρ² = ", "η² = ", ">0.01<"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the figure has no %s", want)
		}
	}
	if strings.Contains(string(svg), "e+0") {
		t.Error("one bad trial sets the scale")
	}
}

func TestLogTicksLabelAtLeastTwo(t *testing.T) {
	for _, c := range []struct{ low, high float64 }{{1e-4, 1e-2}, {1e-5, 1}, {2e-3, 6e-3}, {1e-9, 1}} {
		labels := 0
		for _, tick := range (logTicks{}).Ticks(c.low, c.high) {
			if tick.Value < c.low*0.999 || tick.Value > c.high*1.001 {
				t.Errorf("from %g to %g: a tick at %g", c.low, c.high, tick.Value)
			}
			if tick.Label != "" {
				labels++
			}
		}
		if labels < 2 || labels > 7 {
			t.Errorf("from %g to %g: %d labels", c.low, c.high, labels)
		}
	}
}
