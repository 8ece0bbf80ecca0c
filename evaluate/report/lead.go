package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/measures"
)

// lead is what a reader looks for first: the best network of each dataset, and when, where and by what it was computed.
type lead struct {
	Best   []bestRow
	Facts  []setting
	Choice bool // whether a network was the best of several
}

// bestRow is the network with the highest F1 on a dataset.
type bestRow struct {
	Dataset, Network, F1, Interval, AUC, Images, Of string
	Phantom                                         bool
	runs                                            []*evaluate.Result
}

func leadOf(s *archive.Sweep) lead {
	var l lead
	for _, d := range figure.Datasets(s) {
		if best, ok := bestOf(d); ok {
			l.Best = append(l.Best, best)
			l.Choice = l.Choice || strings.Contains(best.Of, "best")
		}
	}
	var latest time.Time
	var devices, programs []string
	for _, r := range s.Runs {
		if r.Written.After(latest) {
			latest = r.Written
		}
		devices = addOnce(devices, r.Result.Cost.Device)
		if len(r.Versions) > 0 {
			programs = addOnce(programs, r.Program())
		}
	}
	if !latest.IsZero() {
		l.Facts = append(l.Facts, setting{"Last written", latest.UTC().Format("2006-01-02 15:04 UTC")})
	}
	for _, fact := range []struct {
		name   string
		values []string
	}{{"Device", devices}, {"Program", programs}} {
		if len(fact.values) > 0 {
			l.Facts = append(l.Facts, setting{fact.name, shortList(fact.values)})
		}
	}
	return l
}

func addOnce(list []string, text string) []string {
	if text == "" || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// shortList joins the first texts of a list.
func shortList(list []string) string {
	const most = 3
	more := ""
	if n := len(list) - most; n > 0 {
		list, more = list[:most], fmt.Sprintf("; and %d more", n)
	}
	return strings.Join(list, "; ") + more
}

// bestOf returns the network with the highest F1 on a dataset, of several folds and seeds the mean; ok is false if none
// has finished.
func bestOf(d figure.Dataset) (best bestRow, ok bool) {
	highest, networks := 0.0, 0
	for _, n := range d.Networks {
		var f1, auc []float64
		var runs []*evaluate.Result
		for _, r := range n.Runs {
			if v := r.Result.Measures.Shown(measures.F1); r.Result.Status == evaluate.Finished && evaluate.Defined(v) {
				f1, runs = append(f1, v), append(runs, &r.Result)
				if v := r.Result.Measures.Shown(measures.AUC); evaluate.Defined(v) {
					auc = append(auc, v)
				}
			}
		}
		if len(runs) == 0 {
			continue
		}
		networks++
		if mean := stat.Mean(f1, nil); !ok || mean > highest {
			ok, highest = true, mean
			last := runs[len(runs)-1]
			best = bestRow{
				Dataset: d.Label, Network: n.Label, F1: number(mean, "%.4f").Text, AUC: meanOf(auc).Text,
				Phantom: last.Phantom, runs: runs,
			}
			best.Images = fmt.Sprintf("%d", len(last.Measures.Inside.Images))
			if last.Data != nil {
				best.Images = evaluate.Tested(runs...)
			}
		}
	}
	if !ok {
		return best, false
	}
	if i := evaluate.F1Interval(best.runs...); evaluate.Defined(i.Low) {
		best.Interval = fmt.Sprintf("%.4f to %.4f", i.Low, i.High)
	}
	var of []string
	if n := len(best.runs); n > 1 {
		of = append(of, fmt.Sprintf("mean of %d runs", n))
	}
	if networks > 1 {
		of = append(of, fmt.Sprintf("best of %d networks", networks))
	}
	best.Of = strings.Join(of, ", ")
	return best, ok
}
