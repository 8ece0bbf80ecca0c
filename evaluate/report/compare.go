package report

import (
	"fmt"
	"slices"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
)

// differenceRow compares a measure of a network between two sweeps.
type differenceRow struct {
	Dataset, Network, Measure, Interval, Verdict string
	Numbers                                      []value // A, B, B − A
	Images                                       int
	P                                            value
}

// comparisonRow compares a network with the plainest one on its dataset.
type comparisonRow struct {
	Dataset, Measure, Network, Baseline, Interval, Verdict string
	Images                                                 int
	Difference, P, Holm                                    value
}

func comparisonRows(results []evaluate.Result) []comparisonRow {
	var rows []comparisonRow
	for _, m := range []*measures.Measure{measures.F1, measures.AUC} {
		for _, c := range evaluate.Comparisons(results, m) {
			rows = append(rows, comparisonRow{
				Dataset: c.Dataset, Measure: m.Heading(), Network: c.Network, Baseline: c.Baseline, Images: c.Images,
				Verdict:    c.Verdict(),
				Interval:   fmt.Sprintf("%+.4f to %+.4f", c.Low, c.High),
				Difference: number(c.Mean, "%+.4f"), P: number(c.P, "%.3g"), Holm: number(c.Holm, "%.3g"),
			})
		}
	}
	return rows
}

// compared lists the measures by which sweeps are compared: the paper's, and all others that have a column in
// tables and a value over the pixels of all images.
func compared() []*measures.Measure {
	all := []*measures.Measure{
		measures.F1, measures.AUC, measures.Sensitivity, measures.Specificity, measures.Accuracy, measures.Jaccard,
	}
	for _, m := range measures.All() {
		if !m.RecordOnly && !m.OnRequest && m.Masks == nil && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// Compare makes the sections of a page that compares two sweeps.
func (b *Builder) Compare(a, c *archive.Sweep) ([]Section, error) {
	differences, unmatched := evaluate.Differences(a.Results(), c.Results(), compared()...)
	var rows []differenceRow
	for _, d := range differences {
		row := differenceRow{
			Dataset: d.Dataset, Network: d.Network, Measure: d.Measure.Heading(), Images: d.Images,
			Interval: evaluate.Dash, Verdict: d.Verdict(), P: noValue,
			Numbers: []value{number(d.A, "%.4f"), number(d.B, "%.4f"), number(d.Mean, "%+.4f")},
		}
		if evaluate.Defined(d.Low) {
			row.Interval = fmt.Sprintf("%+.4f to %+.4f", d.Low, d.High)
			row.P = number(d.Holm, "%.3g")
		}
		rows = append(rows, row)
	}
	data := map[string]any{
		"A": a.Path, "B": c.Path, "Rows": rows, "Unmatched": unmatched,
		"Note": "measures pooled over the pixels inside the field of view, or of the whole image where there is " +
			"none; differences over the images that both measured, with bootstrap interval and the p of the " +
			"Wilcoxon signed-rank test after Holm’s correction for the networks compared.",
	}
	sections := []Section{
		{"differences", "Differences", render("differences", data)},
		{"curves", "Curves", render("charts", sweepCharts(a, c))},
	}
	for i, s := range []*archive.Sweep{a, c} {
		name := "AB"[i : i+1]
		sections = append(sections,
			Section{"overview-" + name, name + ": " + s.Name, render("overview", overview(s, nil))},
			Section{"runs-" + name, "Runs of " + name, render("runs", runRows(s))},
		)
	}
	return sections, nil
}
