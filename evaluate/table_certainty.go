package evaluate

import (
	"fmt"
	"math"

	"r2unet/evaluate/measures"
)

// certaintyColumns hold as numbers what the columns f1_interval and f1_difference say in words.
var certaintyColumns = []Column{
	{Key: "f1_low", Name: "F1, lower end of the 95 % interval", FileOnly: true, Numeric: true, single: true},
	{Key: "f1_high", Name: "F1, upper end of the 95 % interval", FileOnly: true, Numeric: true, single: true},
	{Key: "f1_baseline", Name: "Plainest network", FileOnly: true},
	{Key: "f1_difference_mean", Name: "F1, mean difference", FileOnly: true, Numeric: true, single: true},
	{Key: "f1_difference_low", Name: "F1 difference, lower end", FileOnly: true, Numeric: true, single: true},
	{Key: "f1_difference_high", Name: "F1 difference, upper end", FileOnly: true, Numeric: true, single: true},
	{Key: "f1_difference_images", Name: "Images compared", FileOnly: true, Numeric: true, single: true},
	{Key: "f1_difference_p", Name: "p, Wilcoxon signed-rank", FileOnly: true, Numeric: true, single: true},
	{Key: "f1_difference_p_holm", Name: "p after Holm's correction", FileOnly: true, Numeric: true, single: true},
}

// addCertainty adds the interval of the group's F1 and its comparison with the plainest network to the group's main
// row, in words and as numbers.
func (g group) addCertainty(cells map[string]Cell, comparisons []Comparison) {
	if ci := g.interval(measures.F1.Counts); Defined(ci.Low) && g[0].Measures.says(measures.F1) {
		cells["f1_interval"] = text(fmt.Sprintf("%.4f to %.4f", ci.Low, ci.High))
		cells["f1_low"], cells["f1_high"] = single("%.4f", ci.Low), single("%.4f", ci.High)
	}
	for _, c := range comparisons {
		if c.of != g[0] {
			continue
		}
		cells["f1_difference"] = text(c.String() + ": " + c.Verdict())
		cells["f1_baseline"] = text(c.Baseline)
		cells["f1_difference_mean"] = single("%+.4f", c.Mean)
		cells["f1_difference_low"], cells["f1_difference_high"] = single("%+.4f", c.Low), single("%+.4f", c.High)
		cells["f1_difference_images"] = count(c.Images)
		cells["f1_difference_p"], cells["f1_difference_p_holm"] = single("%.2g", c.P), single("%.2g", c.Holm)
	}
}

// single returns a cell with a number that has no standard deviation; an undefined one is empty.
func single(format string, v float64) Cell {
	if math.IsNaN(v) {
		return text("")
	}
	return Cell{fmt.Sprintf(format, v), v, math.NaN()}
}
