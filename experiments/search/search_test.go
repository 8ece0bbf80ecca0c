package search

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// space has a key of each kind.
var space = Space{
	{Name: "rate", Low: 1e-5, High: 1, Log: true},
	{Name: "angle", Low: 0, High: 90},
	{Name: "batch", Low: 1, High: 32, Whole: true},
	{Name: "optimizer", Choices: []string{"adam", "sgd", "adamw"}},
}

// known has its minimum, 0, at a rate of 3e-3, an angle of 30, a batch of 8 and sgd.
func known(p Point) float64 {
	loss := math.Pow(math.Log10(p[0]/3e-3), 2) + math.Pow((p[1]-30)/45, 2) + math.Pow((p[2]-8)/16, 2)
	if p[3] != 1 {
		loss++
	}
	return loss
}

// run searches the minimum of known and returns all trials.
func run(t testing.TB, method string, seed uint64, n int) []Trial {
	t.Helper()
	m, _, err := Get(method)
	if err != nil {
		t.Fatal(err)
	}
	var trials []Trial
	for range n {
		p, ok := Next(m, space, seed, trials)
		if !ok {
			t.Fatal("no new point")
		}
		trials = append(trials, Trial{p, known(p)})
	}
	return trials
}

func bestOf(trials []Trial) float64 {
	best := math.Inf(1)
	for _, trial := range trials {
		best = min(best, trial.Loss)
	}
	return best
}

// TestTPEFindsWhatRandomSearchDoesNot: with the same trials, in most of many searches, and nearer on average.
func TestTPEFindsWhatRandomSearchDoesNot(t *testing.T) {
	const seeds, trials = 60, 40
	var random, tpe []float64
	wins := 0
	for seed := range uint64(seeds) {
		a, b := bestOf(run(t, "random", seed, trials)), bestOf(run(t, "tpe", seed, trials))
		random, tpe = append(random, a), append(tpe, b)
		if b < a {
			wins++
		}
	}
	slices.Sort(random)
	slices.Sort(tpe)
	middle := func(v []float64) float64 { return stat.Quantile(0.5, stat.Empirical, v, nil) }
	t.Logf("median of the best: random %.4f, tpe %.4f; tpe is better for %d of %d seeds",
		middle(random), middle(tpe), wins, seeds)
	if wins < seeds*2/3 || middle(tpe) > middle(random)/2 {
		t.Error("tpe is not clearly better than random search")
	}
}

// TestNextIsAFunctionOfTheTrialsBefore: whoever goes on with the same trials gets the same ones; every method and kind
// of key stays within its bounds.
func TestNextIsAFunctionOfTheTrialsBefore(t *testing.T) {
	for _, method := range []string{"random", "tpe"} {
		all := run(t, method, 7, 25)
		m, _, _ := Get(method)
		for n := range all {
			p, ok := Next(m, space, 7, slices.Clone(all[:n]))
			if !ok || !slices.Equal(p, all[n].Point) {
				t.Fatalf("%s: trial %d is %v, was %v", method, n+1, p, all[n].Point)
			}
			for i, k := range space {
				low, high := k.Low, k.High
				if len(k.Choices) > 0 {
					low, high = 0, float64(len(k.Choices)-1)
				}
				whole := !k.Whole && len(k.Choices) == 0 || p[i] == math.Trunc(p[i])
				if p[i] < low || p[i] > high || !whole || len(k.Text(p[i])) > 8 {
					t.Errorf("%s: %s = %s", method, k.Name, k.Text(p[i]))
				}
			}
		}
		if slices.Equal(all[0].Point, run(t, method, 8, 1)[0].Point) {
			t.Errorf("%s: seeds 7 and 8 begin alike", method)
		}
	}
}

// TestResultsSteerTPEAlone: random search tries the same points whatever they result in.
func TestResultsSteerTPEAlone(t *testing.T) {
	for method, want := range map[string]bool{"random": true, "tpe": false} {
		m, _, _ := Get(method)
		trials := run(t, method, 3, 20)
		reversed := slices.Clone(trials)
		for i := range reversed {
			reversed[i].Loss = -reversed[i].Loss
		}
		a, _ := Next(m, space, 3, trials)
		b, _ := Next(m, space, 3, reversed)
		if slices.Equal(a, b) != want {
			t.Errorf("%s: %v after the results, %v after their opposites", method, a, b)
		}
	}
}

// TestRandomDrawsAreUniformOnTheirScale: each whole number and choice as often as any other, the logarithm of a rate
// in each decade.
func TestRandomDrawsAreUniformOnTheirScale(t *testing.T) {
	const n = 4000
	var decades [5]int
	batches, optimizers := map[float64]int{}, map[float64]int{}
	for trial := range n {
		p := uniform(space, Source{seed: 1, trial: trial}, nil)
		decades[min(4, int(math.Log10(p[0])+5))]++
		batches[p[2]]++
		optimizers[p[3]]++
	}
	near := func(what string, got, want int) {
		if d := math.Abs(float64(got - want)); d > 5*math.Sqrt(float64(want)) {
			t.Errorf("%s: %d of %d draws, want about %d", what, got, n, want)
		}
	}
	for _, got := range decades {
		near("a decade", got, n/5)
	}
	for v := 1.0; v <= 32; v++ {
		near("a whole number", batches[v], n/32)
	}
	for v := range 3 {
		near("a choice", optimizers[float64(v)], n/3)
	}
}

// TestPointsAreNotTriedTwice: a small space is tried to its last point, and then there is no next one.
func TestPointsAreNotTriedTwice(t *testing.T) {
	small := Space{{Name: "a", Choices: []string{"x", "y", "z"}}, {Name: "b", Low: 1, High: 4, Whole: true}}
	if small.Size() != 12 || !math.IsInf(space.Size(), 1) {
		t.Errorf("sizes %g and %g", small.Size(), space.Size())
	}
	for _, method := range []string{"random", "tpe(startup=2)"} {
		m, _, _ := Get(method)
		var trials []Trial
		for {
			p, ok := Next(m, small, 1, trials)
			if !ok {
				break
			}
			if slices.ContainsFunc(trials, func(t Trial) bool { return slices.Equal(t.Point, p) }) {
				t.Fatalf("%s: %v twice", method, p)
			}
			trials = append(trials, Trial{p, p[0] + p[1]})
		}
		if len(trials) != 12 {
			t.Errorf("%s: %d points of 12", method, len(trials))
		}
	}
}

// TestDivergedTrialsAreAvoided: a trial without a value counts as the worst.
func TestDivergedTrialsAreAvoided(t *testing.T) {
	m, _, _ := Get("tpe")
	one := Space{{Name: "rate", Low: 1e-4, High: 1, Log: true}}
	var trials []Trial
	high := 0
	for i := range 60 {
		p, _ := Next(m, one, 5, trials)
		loss := math.Abs(math.Log10(p[0]) + 3)
		if p[0] > 1e-2 {
			loss = math.Inf(1)
			if i >= 20 {
				high++
			}
		}
		trials = append(trials, Trial{p, loss})
	}
	if high > 4 {
		t.Errorf("%d of the last 40 trials diverged; half the range does", high)
	}
}

func TestMedianStopsTheWorseHalf(t *testing.T) {
	nan := math.NaN()
	earlier := [][]float64{{5, 4, 3}, {5, 2, 2}, {5, 3, 1}, {9, 8}, {7}}
	for _, c := range []struct {
		name   string
		losses []float64
		trials int
		epochs int
		want   bool
	}{
		{"worse than the median of all five", []float64{6}, 5, 1, true},
		{"as good as the median", []float64{5}, 5, 1, false},
		{"epochs that every trial has", []float64{6}, 5, 2, false},
		{"four came to the second epoch, whose median is 3.5", []float64{6, 3.6}, 4, 1, true},
		{"its best epoch counts, not its last", []float64{3.4, 9}, 4, 1, false},
		{"too few came so far", []float64{6, 6}, 5, 1, false},
		{"no value at all", []float64{nan}, 5, 1, true},
		{"an undefined epoch of a good trial", []float64{1, nan}, 4, 1, false},
	} {
		m := &Median{Trials: c.trials, Epochs: c.epochs}
		if got := m.Stops(c.losses, earlier); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	var none *Median
	if none.Stops([]float64{1e9}, earlier) {
		t.Error("stopped without pruning")
	}
	if (&Median{Trials: 1, Epochs: 1}).Stops([]float64{3}, [][]float64{{nan}}) {
		t.Error("an earlier trial without a value is no reason to stop one with a value")
	}
}

func TestTextsHaveACanonicalForm(t *testing.T) {
	for text, want := range map[string]string{
		"random": "random", "tpe(startup = 10)": "tpe", "tpe(candidates=50)": "tpe(candidates=50)",
	} {
		if _, got, err := Get(text); got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"none": "none", "median(epochs=3)": "median", "median(trials=2)": "median(trials=2)",
	} {
		if _, got, err := GetPruning(text); got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"tpee", "tpe(startup=0)", "random(startup=3)", ""} {
		if _, _, err := Get(text); err == nil {
			t.Errorf("method %q is accepted", text)
		}
	}
	for _, text := range []string{"medain", "median(trials=0)", "none(trials=3)"} {
		if _, _, err := GetPruning(text); err == nil {
			t.Errorf("pruning %q is accepted", text)
		}
	}
}
