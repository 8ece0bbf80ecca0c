package claims

import (
	"math"
	"slices"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
)

// A quantity is what two networks are compared by.
type quantity struct {
	name string
	// margin is the smallest difference that matters; NaN if no verdict rests on the quantity.
	margin float64
	sample func(a, b *network) sample
}

func byImage(m *measures.Measure, margin float64) quantity {
	return quantity{m.Name, margin, func(a, b *network) sample { return imageDifferences(a, b, m) }}
}

// The quantities that verdicts rest on. Margins were chosen before the networks were trained: about half of the median
// difference that the paper prints between R2U-Net (t=2) and U-Net, in F1 (Tables I–III), AUC (Table I; the other
// tables print balanced accuracy under this name) and accuracy (Tables I–III).
var (
	f1Score     = byImage(measures.F1, 0.005)
	aucScore    = byImage(measures.AUC, 0.0015)
	convergence = quantity{"learning curve", 0.0025, curveDifferences}
)

// others are the measures of the paper's tables that are shown without a verdict.
var others = []quantity{
	byImage(measures.Sensitivity, math.NaN()), byImage(measures.Specificity, math.NaN()),
	byImage(measures.Accuracy, math.NaN()), byImage(measures.Jaccard, math.NaN()),
}

const (
	significant    = 0.05
	leastTrainings = 3 // of each network; fewer say little about other seeds
)

// A test compares two networks, a − b, on one dataset or over several.
type test struct {
	a, b     *network
	quantity quantity
	samples  []sample // one for each dataset
	statistics.Estimate
	zero   statistics.Flips // over units, of no difference
	seeds  statistics.Flips // over trainings, of no difference
	hold   statistics.Flips // over units, of a difference at the line that a claim must exceed
	refute statistics.Flips // over units, of a difference at the line that refutes a claim from below
	// p-values after Holm's correction within the family
	holmHold, holmRefute float64
	family               int // tests in it
	// the lines
	exceed, fall float64
}

// compare tests a − b. A claim holds above the line exceed and is refuted below the line fall.
func compare(a, b *network, q quantity, samples []sample, exceed, fall float64) *test {
	t := &test{a: a, b: b, quantity: q, samples: samples, exceed: exceed, fall: fall}
	var estimates []statistics.Estimate
	for _, s := range samples {
		estimates = append(estimates, statistics.Crossed(s.cells))
	}
	t.Estimate = estimates[0]
	if len(samples) > 1 {
		t.Estimate = statistics.MeanOf(estimates)
	}
	t.zero = flips(samples, sample.unitMeans, 0)
	t.seeds = flips(samples, sample.trainingMeans, 0)
	t.hold, t.refute = t.zero, t.zero
	if exceed != 0 {
		t.hold = flips(samples, sample.unitMeans, exceed)
	}
	if fall != 0 && !math.IsNaN(fall) {
		t.refute = flips(samples, sample.unitMeans, fall)
	}
	t.holmHold, t.holmRefute, t.family = t.hold.P, t.refute.P, 1
	return t
}

// flips is the sign-flip test of the mean over datasets of their means against a line; each dataset has the same
// weight.
func flips(samples []sample, means func(sample) []float64, line float64) statistics.Flips {
	var values []float64
	for _, s := range samples {
		m := means(s)
		for _, v := range m {
			values = append(values, (v-line)/float64(len(m)))
		}
	}
	return statistics.SignFlip(values)
}

// correct applies Holm's correction to the tests of a family, which is the tests of one quantity in one scope.
func correct(family []*test) {
	var hold, refute []float64
	for _, t := range family {
		hold, refute = append(hold, t.hold.P), append(refute, t.refute.P)
	}
	hold, refute = statistics.Holm(hold), statistics.Holm(refute)
	for i, t := range family {
		t.holmHold, t.holmRefute, t.family = hold[i], refute[i], len(family)
	}
}

// units and the other totals are over all datasets of a test.
func (t *test) units() int     { return t.total(func(s sample) int { return s.units }) }
func (t *test) images() int    { return t.total(func(s sample) int { return s.images }) }
func (t *test) trainings() int { return t.total(func(s sample) int { return s.trainings }) }

func (t *test) total(of func(sample) int) (sum int) {
	for _, s := range t.samples {
		sum += of(s)
	}
	return sum
}

// fewest returns the smallest number of trainings on a dataset.
func (t *test) fewest() int {
	return slices.MinFunc(t.samples, func(a, b sample) int { return a.trainings - b.trainings }).trainings
}
