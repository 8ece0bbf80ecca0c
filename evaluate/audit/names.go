package audit

import (
	"slices"
	"strings"

	"r2unet/evaluate/paper"
)

// The names of columns by the measures that the audit knows.
var aliases = map[string][]string{
	"se": {"se", "sen", "sens", "sensitivity", "recall", "tpr", "true positive rate"},
	"sp": {"sp", "spe", "spec", "specificity", "tnr", "true negative rate"},
	"ac": {"ac", "acc", "accuracy", "pa", "pixel accuracy"},
	"f1": {"f1", "f1 score", "f1score", "f measure", "f1 measure"},
	"js": {
		"js", "jsc", "jaccard", "jaccard index", "jaccard score", "jaccard similarity", "iou", "ji",
		"intersection over union",
	},
	"auc":       {"auc", "auroc", "roc auc", "auc roc", "area under the curve", "area under the roc curve"},
	"dc":        {"dc", "dice", "dsc", "dice coefficient", "dice score", "dice similarity coefficient"},
	"precision": {"precision", "ppv", "prec", "positive predictive value"},
}

// besides lists words after a measure's name that do not change its meaning.
var besides = []string{"", "%", "in %", "percent", "mean", "average", "avg", "mean ± sd", "mean ± std", "↑"}

// labels lists columns that hold no measure, though possibly numbers.
var labels = []string{
	"dataset", "data", "method", "model", "network", "architecture", "name", "citation", "reference", "ref", "year",
	"rank", "#", "no",
}

// measureOf returns the measure that a column is named after: "se", "Sensitivity (SE)", "Acc.", "Specificity
// [%]". It returns "" if the name contains anything that could make it another measure, such as "Accuracy
// (training)" or "mIoU".
func measureOf(column string) string {
	name, inside := column, ""
	for _, brackets := range []string{"()", "[]"} {
		if before, rest, ok := strings.Cut(column, brackets[:1]); ok {
			if text, ok := strings.CutSuffix(strings.TrimSpace(rest), brackets[1:]); ok {
				name, inside = before, text
			}
		}
	}
	measure, beside := named(name), named(inside)
	switch {
	case measure == "" || beside == measure:
		return measure
	case slices.Contains(besides, plain(inside)):
		return measure
	}
	return ""
}

// named returns the measure of a name without brackets.
func named(name string) string {
	name = plain(strings.TrimRight(strings.TrimSpace(name), "%↑ "))
	for measure, names := range aliases {
		if slices.Contains(names, name) {
			return measure
		}
	}
	return ""
}

// plain returns a name in lower case with single spaces between words.
func plain(name string) string {
	name = strings.NewReplacer("-", " ", "_", " ", ".", " ", "/", " ").Replace(strings.ToLower(name))
	return strings.Join(strings.Fields(name), " ")
}

// hasNumbers reports whether a column may be a measure under an unknown name: it holds a number and is
// neither a label nor a standard deviation.
func hasNumbers(table *paper.Table, column string) bool {
	if slices.Contains(labels, plain(column)) {
		return false
	}
	if of, ok := strings.CutSuffix(column, "_sd"); ok && measureOf(of) != "" {
		return false
	}
	return slices.ContainsFunc(table.Rows, func(r paper.Row) bool {
		f, err := parseFigure(r.Text(column), true)
		return err == nil && f.present()
	})
}
