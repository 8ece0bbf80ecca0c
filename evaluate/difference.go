package evaluate

import (
	"fmt"
	"slices"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
)

// A Difference compares one measure of one network between two sweeps, A and B.
type Difference struct {
	Dataset  string
	Network  string
	Measure  *measures.Measure
	From, To int     // places of A and B among the sweeps
	A        float64 // pooled over the pixels inside the FOV, mean over runs; NaN where undefined
	B        float64
	Images   int     // measured by both; 0 if the sweeps ran on different files
	Units    int     // patients, or images, that these are of, see [Result.Unit]
	Over     string  // images and units in words: "8 images of 4 patients"
	Mean     float64 // mean of B − A over units; NaN if there are none
	Low      float64 // 95 % bootstrap interval over units; NaN for fewer than two
	High     float64
	P        float64 // Wilcoxon signed-rank over units, two-sided; 1 if nothing differs
	Ranks    float64 // sum of the ranks of positive differences less that of negative ones
	Holm     float64 // P after Holm's correction for all that is compared by this measure
	Pairs    []Pair  // of the images that both measured, ordered by image
}

// Verdict returns what B is: "better", "worse", "not distinguishable" or "not comparable".
func (d Difference) Verdict() string {
	if d.Units < 2 {
		return "not comparable"
	}
	return verdict(d.Measure, d.Mean, d.Ranks, d.Holm)
}

// A Pair is one image's value of a measure in two sweeps, each the mean over the runs that tested it.
type Pair struct {
	Image string
	A, B  float64
}

// Differences compares two sweeps, as [DifferencesOf] does.
func Differences(a, b []Result, of ...*measures.Measure) (differences []Difference, unmatched []string) {
	return DifferencesOf([][]Result{a, b}, of...)
}

// DifferencesOf compares the first of several sweeps that has a network with the others: every network that finished
// on a dataset, matched by its settings, or by its name in the matrix if the settings differ; of several classes their
// mean and each. It returns what only one of them has as lines of text.
func DifferencesOf(sweeps [][]Result, of ...*measures.Measure) (differences []Difference, unmatched []string) {
	found := matched(sweeps)
	names := matchNames(found)
	for i, m := range found {
		a, from := m.first()
		on := fmt.Sprintf("%s on %s", names[i], a[0].DatasetLabel())
		alone := true
		for to := from + 1; to < len(m); to++ {
			b := m[to]
			if b == nil {
				continue
			}
			alone = false
			if a[0].DataHash != b[0].DataHash {
				unmatched = append(unmatched, fmt.Sprintf("%s was run on other files in %s than in %s: no image is "+
					"compared", on, SweepLetter(to), SweepLetter(from)))
			}
			for _, measure := range of {
				d := difference(names[i], a, b, measure)
				d.From, d.To = from, to
				differences = append(differences, d)
			}
		}
		if alone {
			unmatched = append(unmatched, fmt.Sprintf("only %s has %s", SweepLetter(from), on))
		}
	}
	for _, m := range of {
		correct(differences, m)
	}
	return differences, unmatched
}

// correct sets Holm's correction of the differences of one measure.
func correct(differences []Difference, measure *measures.Measure) {
	var at []int
	var p []float64
	for i, d := range differences {
		if d.Measure == measure && d.Units >= 2 {
			at, p = append(at, i), append(p, d.P)
		}
	}
	for k, corrected := range statistics.Holm(p) {
		differences[at[k]].Holm = corrected
	}
}

func difference(name string, a, b group, m *measures.Measure) Difference {
	of := func(r *Result) float64 { return r.Measures.Inside.Micro.Of(m) }
	d := Difference{
		Dataset: a[0].DatasetLabel(), Network: name, Measure: m, A: a.summarize(of).mean, B: b.summarize(of).mean,
	}
	if a[0].DataHash == b[0].DataHash {
		d.Pairs = pairs(a.imageScores(m), b.imageScores(m))
	}
	c := changeOf(slices.Concat(a, b), d.Pairs)
	d.Images, d.Units, d.Over = len(d.Pairs), c.n, c.String()
	d.Mean, d.Low, d.High, d.P, d.Ranks = c.mean, c.low, c.high, c.p, c.ranks
	return d
}

// pairs sets scores of the images that both have side by side.
func pairs(a, b []imageScore) []Pair {
	of := map[string]float64{}
	for _, s := range b {
		of[s.id] = s.value
	}
	var list []Pair
	for _, s := range a {
		if v, ok := of[s.id]; ok {
			list = append(list, Pair{s.id, s.value, v})
		}
	}
	return list
}
