package report

import (
	"fmt"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
)

// comparisonRow compares a network with the plainest one on its dataset.
type comparisonRow struct {
	Dataset, Measure, Network, Baseline, Interval, Over, Verdict string
	Images                                                       int
	Difference, P, Holm                                          value
}

func comparisonRows(results []evaluate.Result) []comparisonRow {
	var rows []comparisonRow
	for _, m := range []*measures.Measure{measures.F1, measures.AUC} {
		for _, c := range evaluate.Comparisons(results, m) {
			rows = append(rows, comparisonRow{
				Dataset: c.Dataset, Measure: m.Heading(), Network: c.Network, Baseline: c.Baseline, Images: c.Images,
				Verdict: c.Verdict(), Over: c.Over,
				Interval:   fmt.Sprintf("%+.4f to %+.4f", c.Low, c.High),
				Difference: number(c.Mean, "%+.4f"), P: number(c.P, "%.3g"), Holm: number(c.Holm, "%.3g"),
			})
		}
	}
	return rows
}
