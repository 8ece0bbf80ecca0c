package report

import (
	"regexp"
	"strings"
	"testing"

	"r2unet/evaluate"
)

// TestTablesWithOwnRowsComeFirst: who trains on own pictures does not scroll past the paper's tables.
func TestTablesWithOwnRowsComeFirst(t *testing.T) {
	for names, want := range map[string]string{
		"cells":                         "6 4 5 1 2 3",
		"CHASE_DB1":                     "1 4 5 2 3",
		"CHASE_DB1 cells":               "1 6 4 5 2 3",
		"DRIVE CHASE_DB1 ISIC2017 Lung": "1 2 3 4 5",
	} {
		var results []evaluate.Result
		for _, name := range strings.Fields(names) {
			results = append(results, evaluate.Result{
				RunID: name, Status: evaluate.Finished, Dataset: name, Architecture: "U-Net", Folds: 1,
			})
		}
		html, err := tablesHTML(results)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, m := range regexp.MustCompile(`id="table-(\d)"`).FindAllStringSubmatch(string(html), -1) {
			order = append(order, m[1])
		}
		if got := strings.Join(order, " "); got != want {
			t.Errorf("%s: tables %s, want %s", names, got, want)
		}
	}
}
