package evaluate

import (
	"fmt"
	"math"
	"slices"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
)

// A Comparison tests whether a network is better than another on a dataset. Both were measured on the same
// images.
type Comparison struct {
	Dataset  string `json:"dataset"`
	Measure  *measures.Measure
	Network  string  `json:"network"`
	Baseline string  `json:"baseline"`
	Images   int     `json:"images"`     // measured by both
	Over     string  `json:"over"`       // these in words, with their patients: "8 images of 4 patients"
	Mean     float64 `json:"difference"` // network − baseline, mean over units, see [Result.Unit]
	Low      float64 `json:"low"`        // 95 % bootstrap interval over units
	High     float64 `json:"high"`
	P        float64 `json:"p"`      // Wilcoxon signed-rank over units, two-sided
	Holm     float64 `json:"p_holm"` // corrected for the networks compared on the dataset
	// Ranks is the sum of the ranks of positive differences less that of negative ones.
	Ranks float64 `json:"ranks"`

	of *Result // the first run of the network
}

// significant is the level below which p is called significant.
const significant = 0.05

// String returns e.g. "+0.0123 [0.0040, 0.0201] against U-Net over 8 images, p = 0.031".
func (c Comparison) String() string {
	s := fmt.Sprintf("%+.4f", c.Mean)
	if Defined(c.Low) {
		s += fmt.Sprintf(" [%.4f, %.4f]", c.Low, c.High)
	}
	return s + fmt.Sprintf(" against %s over %s, p = %.2g", c.Baseline, c.Over, c.Holm)
}

// Verdict returns "better", "worse" or "not distinguishable", also where a test by ranks contradicts the mean.
func (c Comparison) Verdict() string { return verdict(c.Measure, c.Mean, c.Ranks, c.Holm) }

func verdict(m *measures.Measure, mean, ranks, p float64) string {
	switch {
	case p >= significant:
		return "not distinguishable"
	case mean*ranks <= 0:
		return "not distinguishable: ranks and mean disagree"
	case mean > 0 != m.LowerIsBetter:
		return "better"
	}
	return "worse"
}

// Comparisons compares every network with the plainest one that ran on the same files of a dataset (U-Net if present),
// image by image inside the FOV. An image's score is its mean over seeds and folds; images of one patient count as
// their mean. Networks that share fewer than two patients, or images, with the plainest are omitted. Runs on other
// files of the dataset are compared only among themselves.
func Comparisons(results []Result, m *measures.Measure) []Comparison {
	return compareGroups(groups(inOrder(EachClass(results))), m)
}

// compareGroups compares sorted groups; the groups of a dataset must be adjacent.
func compareGroups(found []group, m *measures.Measure) []Comparison {
	var all []Comparison
	networks := slices.DeleteFunc(slices.Clone(found), func(g group) bool { return g[0].Observer })
	for _, dataset := range byDataset(networks) {
		names := dataset.names()
		for _, same := range dataset.byFiles() {
			all = append(all, compareWith(same[0], same[1:], m, names)...)
		}
	}
	return all
}

func compareWith(baseline group, others []group, m *measures.Measure, names map[string]string) []Comparison {
	reference := baseline.imageScores(m)
	var comparisons []Comparison
	var p []float64
	for _, g := range others {
		d := changeOf(slices.Concat(baseline, g), pairs(reference, g.imageScores(m)))
		if d.n < 2 {
			continue
		}
		c := Comparison{
			Dataset: g[0].DatasetLabel(), Measure: m, Network: names[g[0].RowKey()],
			Baseline: names[baseline[0].RowKey()],
			Images:   len(d.place), Over: d.String(), of: g[0],
			Mean: d.mean, Low: d.low, High: d.high, P: d.p, Ranks: d.ranks,
		}
		comparisons = append(comparisons, c)
		p = append(p, c.P)
	}
	for i, corrected := range statistics.Holm(p) {
		comparisons[i].Holm = corrected
	}
	return comparisons
}

// imageScore is one image's value of a measure, averaged over the runs that tested it.
type imageScore struct {
	id    string
	value float64
}

// imageScores returns a measure for every image where it is defined, ordered by ID.
func (g group) imageScores(m *measures.Measure) []imageScore {
	type sum struct {
		total float64
		n     int
	}
	sums := map[string]*sum{}
	var ids []string
	for _, r := range g {
		for i := range r.Measures.Inside.Images {
			image := &r.Measures.Inside.Images[i]
			v := image.Scores.Of(m)
			if math.IsNaN(v) {
				continue
			}
			if sums[image.ID] == nil {
				sums[image.ID] = &sum{}
				ids = append(ids, image.ID)
			}
			sums[image.ID].total += v
			sums[image.ID].n++
		}
	}
	slices.Sort(ids)
	scores := make([]imageScore, len(ids))
	for i, id := range ids {
		scores[i] = imageScore{id, sums[id].total / float64(sums[id].n)}
	}
	return scores
}

// interval returns the 95 % bootstrap interval over units of a measure of counts, as the table means it: of the counts
// of each run in one, and then over folds and seeds; of several classes, first over those that define it. A unit that
// is drawn is drawn with all its images, in all runs that measured them.
func (g group) interval(of func(measures.Counts) float64) statistics.Interval {
	drawn := unitsOf(g, measured(g))
	type counted struct {
		place int // of the unit
		measures.Counts
	}
	all := make([][][]counted, len(g)) // of each class, side by side in memory: there may be a million
	for run, r := range g {
		scopes := []*Scope{&r.Measures.Inside}
		classes := r.each
		if classes == nil {
			classes = r.Classes // of a result that is not of EachClass
		}
		if len(classes) > 0 {
			scopes = nil
			for i := range classes {
				scopes = append(scopes, &classes[i].Measures.Inside)
			}
		}
		for _, scope := range scopes {
			var images []counted
			for _, image := range scope.Images {
				images = append(images, counted{drawn.place[image.ID], image.Scores.Counts})
			}
			all[run] = append(all[run], images)
		}
	}
	times, summarizer := make([]int64, drawn.n), g.summarizer()
	return statistics.Bootstrap(drawn.n, func(items []int) float64 {
		clear(times)
		for _, i := range items {
			times[i]++
		}
		return summarizer.summarize(func(run int) float64 {
			sum, defined := 0.0, 0
			for _, class := range all[run] {
				var pooled measures.Counts
				for _, image := range class {
					if n := times[image.place]; n > 0 {
						pooled = pooled.Plus(image.Times(n))
					}
				}
				if v := of(pooled); Defined(v) {
					sum, defined = sum+v, defined+1
				}
			}
			return sum / float64(defined) // NaN where none does
		}).mean
	}, statistics.Rounds, statistics.Level, 1)
}

// F1Interval returns the 95 % bootstrap interval over patients, or images, of the F1 of all pixels inside the field of
// view in one count, as tables have it: of the runs of one network on one dataset, and of several classes, that of the
// mean. There must be at least one run.
func F1Interval(runs ...*Result) statistics.Interval { return group(runs).interval(measures.F1.Counts) }

// Intervals returns the 95 % bootstrap intervals over patients, or images, of a measure inside the field of view: that
// of all pixels in one count, which only measures of counts have, and that of the mean over the images where it is
// defined. Of several classes both are of the mean over classes.
func Intervals(r *Result, of *measures.Measure) (pooled, mean statistics.Interval) {
	g := group{r}
	pooled = statistics.Interval{Low: math.NaN(), High: math.NaN()}
	if of.Counts != nil {
		pooled = g.interval(of.Counts)
	}
	return pooled, meanInterval(g, g.imageScores(of))
}
