package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// A group holds the finished runs of one network on one dataset: its folds and seeds. It is never empty.
type group []*Result

// inOrder returns results in the order of the paper's tables.
func inOrder(results []Result) []*Result {
	sorted := make([]*Result, len(results))
	for i := range results {
		sorted[i] = &results[i]
	}
	slices.SortFunc(sorted, CompareResults)
	return sorted
}

// groups groups finished runs that differ only in fold and seed.
func groups(results []*Result) []group {
	var found []group
	for _, r := range results {
		if r.Status != Finished {
			continue
		}
		if n := len(found); n > 0 && found[n-1][0].RowKey() == r.RowKey() {
			found[n-1] = append(found[n-1], r)
		} else {
			found = append(found, group{r})
		}
	}
	return found
}

// summary is a value's mean and standard deviation over runs.
type summary struct {
	mean float64 // NaN if no run defines it
	sd   float64 // NaN for fewer than two values
}

// summarize averages over folds first. The standard deviation is taken over seeds if there are several, and
// otherwise over folds.
func (g group) summarize(of func(*Result) float64) summary {
	return g.summarizer().summarize(func(run int) float64 { return of(g[run]) })
}

// summarizer summarizes a group again and again, as a bootstrap does.
type summarizer struct {
	seeds  []int       // of each run, its seed's place among the seeds
	values [][]float64 // by seed
	order  []int       // seeds with a value
	means  []float64
}

func (g group) summarizer() *summarizer {
	s := &summarizer{seeds: make([]int, len(g))}
	places := map[uint64]int{}
	for run, r := range g {
		if _, ok := places[r.Seed]; !ok {
			places[r.Seed] = len(places)
		}
		s.seeds[run] = places[r.Seed]
	}
	s.values = make([][]float64, len(places))
	return s
}

// summarize is that of the group, of a value of each run.
func (s *summarizer) summarize(of func(run int) float64) summary {
	for _, seed := range s.order {
		s.values[seed] = s.values[seed][:0]
	}
	s.order = s.order[:0]
	for run, seed := range s.seeds {
		if v := of(run); !math.IsNaN(v) {
			if len(s.values[seed]) == 0 {
				s.order = append(s.order, seed)
			}
			s.values[seed] = append(s.values[seed], v)
		}
	}
	if len(s.order) == 0 {
		return summary{math.NaN(), math.NaN()}
	}
	values := s.values[s.order[0]]
	if len(s.order) > 1 {
		s.means = s.means[:0]
		for _, seed := range s.order {
			s.means = append(s.means, stat.Mean(s.values[seed], nil))
		}
		values = s.means
	}
	mean, sd := stat.MeanStdDev(values, nil)
	return summary{mean, sd}
}

// runs describes what the group's mean is over, e.g. "2 seeds × 5 of 20 folds".
func (g group) runs() string {
	folds, seeds := map[int]bool{}, map[uint64]bool{}
	for _, r := range g {
		folds[r.Fold], seeds[r.Seed] = true, true
	}
	text := plural(len(seeds), "seed")
	if g[0].Folds > 1 {
		if len(folds) < g[0].Folds {
			text += fmt.Sprintf(" × %d of %d folds", len(folds), g[0].Folds)
		} else {
			text += fmt.Sprintf(" × %d folds", len(folds))
		}
	}
	if len(g) != len(folds)*len(seeds) {
		text += fmt.Sprintf(" (%s)", plural(len(g), "run"))
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// distinct returns the distinct non-empty values of the group's runs in the order of the runs.
func (g group) distinct(of func(*Result) string) []string {
	var values []string
	for _, r := range g {
		if v := of(r); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// ids lists the IDs of the group's runs, or their number if there are too many to list.
func (g group) ids() string {
	if len(g) > 20 {
		return plural(len(g), "run")
	}
	return strings.Join(g.distinct(func(r *Result) string { return r.RunID }), " ")
}
