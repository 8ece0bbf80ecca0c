package report

import (
	"fmt"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
)

// differenceRow is a measure of a network in two sweeps.
type differenceRow struct {
	Dataset, Network, Measure, Interval, Verdict string
	Numbers                                      []value // A, B, B − A
	Images                                       int
	P                                            value
}

// Compare makes the sections of a page that sets two sweeps side by side.
func (b *Builder) Compare(a, c *archive.Sweep) ([]Section, error) {
	differences, unmatched, err := evaluate.Differences(a.Results(), c.Results(), "f1", "auc", "se", "sp", "ac", "js")
	if err != nil {
		return nil, err
	}
	var rows []differenceRow
	for _, d := range differences {
		m, _ := evaluate.MeasureByKey(d.Measure)
		row := differenceRow{
			Dataset: d.Dataset, Network: d.Network, Measure: m.Name, Images: d.Images, Interval: evaluate.Dash, Verdict: d.Verdict(), P: noValue,
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
		"Note": "measures pooled over the pixels inside the field of view; differences over the images that both measured, with bootstrap interval and the p of the Wilcoxon signed-rank test after Holm’s correction for the networks compared.",
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
