package evaluate

import (
	"fmt"
	"slices"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
)

// A Difference compares one measure of one network between two sweeps, A and B.
type Difference struct {
	Dataset string
	Network string
	Measure *measures.Measure
	A       float64 // pooled over the pixels inside the FOV, mean over runs; NaN where undefined
	B       float64
	Images  int     // measured by both; 0 if the sweeps ran on different files
	Mean    float64 // mean of B − A over these images; NaN if there are none
	Low     float64 // 95 % bootstrap interval over images; NaN for fewer than two
	High    float64
	P       float64 // Wilcoxon signed-rank over images, two-sided; 1 if nothing differs
	Holm    float64 // P after Holm's correction for the networks compared by this measure
}

// Verdict returns what B is: "better", "worse", "not distinguishable" or "not comparable".
func (d Difference) Verdict() string {
	if d.Images < 2 {
		return "not comparable"
	}
	return Comparison{Measure: d.Measure, Mean: d.Mean, Holm: d.Holm}.Verdict()
}

// Differences compares two sweeps: every network that finished on a dataset in both, matched by its settings,
// or by its name in the matrix if the settings differ; of several classes their mean and each. It returns
// what only one of them has as lines of text.
func Differences(a, b []Result, of ...*measures.Measure) (differences []Difference, unmatched []string) {
	left, right := groups(inOrder(EachClass(a))), groups(inOrder(EachClass(b)))
	names := rows(slices.Concat(left, right)).names()
	taken := make([]bool, len(right))
	for _, g := range left {
		at := slices.IndexFunc(right, func(h group) bool {
			return sameNetwork(g, h) && g[0].Setting() == h[0].Setting() && g[0].DataHash == h[0].DataHash
		})
		if at < 0 {
			at = slices.IndexFunc(right,
				func(h group) bool { return sameNetwork(g, h) && g[0].Setting() == h[0].Setting() })
		}
		if at < 0 {
			at = slices.IndexFunc(right, func(h group) bool { return sameNetwork(g, h) })
		}
		if at < 0 || taken[at] {
			unmatched = append(unmatched, fmt.Sprintf("only A has %s on %s", names[g[0].RowKey()], g[0].DatasetLabel()))
			continue
		}
		taken[at] = true
		if g[0].DataHash != right[at][0].DataHash {
			unmatched = append(unmatched,
				fmt.Sprintf("%s on %s was run on other files in B than in A: no image is compared",
					names[g[0].RowKey()], g[0].DatasetLabel()))
		}
		for _, m := range of {
			differences = append(differences, difference(names[g[0].RowKey()], g, right[at], m))
		}
	}
	for i, h := range right {
		if !taken[i] {
			unmatched = append(unmatched, fmt.Sprintf("only B has %s on %s", names[h[0].RowKey()], h[0].DatasetLabel()))
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
		if d.Measure == measure && d.Images >= 2 {
			at, p = append(at, i), append(p, d.P)
		}
	}
	for k, corrected := range statistics.Holm(p) {
		differences[at[k]].Holm = corrected
	}
}

func sameNetwork(a, b group) bool {
	return a[0].DatasetLabel() == b[0].DatasetLabel() && a[0].Label() == b[0].Label()
}

func difference(name string, a, b group, m *measures.Measure) Difference {
	of := func(r *Result) float64 { return r.Measures.Inside.Micro.Of(m) }
	var changes []float64
	if a[0].DataHash == b[0].DataHash {
		changes = pairedDifferences(b.imageScores(m), a.imageScores(m))
	}
	d := Difference{
		Dataset: a[0].DatasetLabel(), Network: name, Measure: m,
		A: a.summarize(of).mean, B: b.summarize(of).mean, Images: len(changes),
	}
	d.Mean, d.Low, d.High, d.P = pairedChange(changes)
	return d
}

// pairedChange returns the mean of paired differences with its bootstrap interval and Wilcoxon's p.
func pairedChange(changes []float64) (mean, low, high, p float64) {
	every := make([]int, len(changes))
	for i := range every {
		every[i] = i
	}
	statistic := statistics.Mean(changes)
	ci := statistics.Bootstrap(len(changes), statistic, statistics.Rounds, statistics.Level, 1)
	return statistic(every), ci.Low, ci.High, statistics.Wilcoxon(changes).P
}
