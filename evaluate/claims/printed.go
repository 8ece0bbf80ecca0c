package claims

import (
	"math"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/paper"
)

// tableOf maps plain names of datasets to the paper's tables of them.
var tableOf = map[string]int{"drive": 1, "stare": 1, "chasedb1": 1, "isic2017": 2, "lung": 3}

// printedDifference returns a − b as the paper prints it for a dataset; NaN if it does not. What Tables II and III call
// AUC is balanced accuracy, and not returned.
func printedDifference(dataset, column string, a, b role) float64 {
	n := tableOf[evaluate.PlainDataset(dataset)]
	if n == 0 || column == "auc" && n != 1 {
		return math.NaN()
	}
	table, err := paper.Printed(n)
	if err != nil {
		return math.NaN()
	}
	value := func(r role) float64 {
		for _, row := range table.Rows {
			if !row.Own() || !slices.Contains(r.printed, strings.ToLower(row.Text("method"))) {
				continue
			}
			if n > 1 || evaluate.PlainDataset(row.Text("dataset")) == evaluate.PlainDataset(dataset) {
				return row.Value(column)
			}
		}
		return math.NaN()
	}
	return value(a) - value(b)
}
