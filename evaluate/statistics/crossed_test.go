package statistics

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestEstimatesAgreeWithSciPyAndStatsmodels(t *testing.T) {
	kinds := map[string]int{}
	for i, want := range readReference(t).Estimates {
		kinds[want.Kind]++
		var cells []Cell
		units := 0
		for row, values := range want.Values {
			for column, v := range values {
				switch want.Kind {
				case "crossed":
					cells = append(cells, Cell{Unit: row, Training: column, Value: v})
				default: // every value is of another unit
					cells = append(cells, Cell{Unit: units, Training: row, Value: v})
					units++
				}
			}
		}
		got := Crossed(cells)
		if !near(got.Mean, want.Mean) || !near(got.Variance, want.Variance) || !near(got.Freedom, want.Freedom) ||
			!near(got.Low, want.Low) || !near(got.High, want.High) {
			t.Errorf("%d, %s: %+v, want %+v", i, want.Kind, got, want)
		}
	}
	if kinds["paired"] != 1 || kinds["crossed"] != 2 || kinds["folds"] != 2 {
		t.Errorf("the reference has %v", kinds)
	}
}

func TestFewerThanTwoUnitsHaveNoInterval(t *testing.T) {
	for _, cells := range [][]Cell{nil, {{Value: 1}}, {{Value: 1}, {Training: 1, Value: 2}}} {
		if got := Crossed(cells); !math.IsNaN(got.Low) || !math.IsNaN(got.High) {
			t.Errorf("%v: %+v", cells, got)
		}
	}
}

// The interval must hold the true mean about as often as its level whatever the design, and though trainings differ as
// much as units.
func TestCrossedCoversTheMean(t *testing.T) {
	for name, design := range map[string]struct {
		units, trainings int
		tested           func(unit, training int) bool
	}{
		"20 units under 3 seeds":      {20, 3, func(int, int) bool { return true }},
		"8 units under 5 seeds":       {8, 5, func(int, int) bool { return true }},
		"leave-one-out":               {20, 20, func(u, t int) bool { return u == t }},
		"4 folds":                     {20, 4, func(u, t int) bool { return u%4 == t }},
		"4 folds under 3 seeds":       {20, 12, func(u, t int) bool { return u%4 == t%4 }},
		"units missing in some seeds": {20, 3, func(u, t int) bool { return u%3 != t }},
	} {
		random := rand.New(rand.NewPCG(7, 8))
		covered := 0
		const trials = 1500
		for range trials {
			ofTraining := make([]float64, design.trainings)
			for i := range ofTraining {
				ofTraining[i] = random.NormFloat64() * 0.003
			}
			var cells []Cell
			for u := range design.units {
				ofUnit := random.NormFloat64() * 0.006
				for r := range design.trainings {
					if design.tested(u, r) {
						cells = append(cells, Cell{u, r, 0.01 + ofUnit + ofTraining[r] + random.NormFloat64()*0.003})
					}
				}
			}
			if e := Crossed(cells); e.Low <= 0.01 && 0.01 <= e.High {
				covered++
			}
		}
		share := float64(covered) / trials
		t.Logf("%s: the 95 %% interval holds the mean in %.1f %%", name, 100*share)
		if share < 0.93 || share > 0.997 {
			t.Errorf("%s: the 95 %% interval holds the mean in %.1f %% of trials", name, 100*share)
		}
	}
}

func TestMeanOfAddsVariances(t *testing.T) {
	one := Crossed([]Cell{{0, 0, 0.01}, {1, 0, 0.02}, {2, 0, 0.06}})
	got := MeanOf([]Estimate{one, one})
	if !near(got.Mean, 0.03) || !near(got.Variance, one.Variance/2) || !near(got.Freedom, 2*one.Freedom) {
		t.Errorf("the mean of two equal estimates %+v is %+v", one, got)
	}
}

// Trainings that each leave another unit out share none, so that what differs between them is already between units.
func TestUnitsOfLeaveOneOutUnderSeedsAreIndependent(t *testing.T) {
	var cells, means []Cell
	for unit, v := range []float64{0.01, 0.04, 0.02, 0.09} {
		means = append(means, Cell{Unit: unit, Value: v})
		for seed, d := range []float64{-0.003, 0.001, 0.002} {
			cells = append(cells, Cell{Unit: unit, Training: 3*unit + seed, Value: v + d})
		}
	}
	got, want := Crossed(cells), Crossed(means)
	if !near(got.Variance, want.Variance) || got.Freedom != 3 || !near(got.High, want.High) {
		t.Errorf("%+v, of the units' means %+v", got, want)
	}
}

// Without any spread, the interval is the mean and not undefined.
func TestEqualDifferencesHaveAnIntervalOfNoWidth(t *testing.T) {
	one := Crossed([]Cell{{0, 0, 0.25}, {0, 1, 0.25}, {1, 0, 0.25}, {1, 1, 0.25}})
	for name, e := range map[string]Estimate{"crossed": one, "mean of two": MeanOf([]Estimate{one, one})} {
		if e.Low != 0.25 || e.High != 0.25 || e.Freedom != 1 {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
