package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate"
)

// TestManyFinishedRunsAreFolded, a dataset at a time, without JavaScript; what runs, waits or failed stays in sight.
func TestManyFinishedRunsAreFolded(t *testing.T) {
	row := func(dataset string, i int, status evaluate.Status) runRow {
		f1 := noValue
		if status == evaluate.Finished && i > 0 {
			f1 = number(0.7+float64(i)/100, "%.4f")
		}
		return runRow{
			ID: fmt.Sprintf("%s-%d-%s", dataset, i, status), Dataset: dataset, Status: status,
			Results: []value{f1, noValue},
		}
	}
	var rows []runRow
	for i := range 6 {
		rows = append(rows, row("DRIVE", i, evaluate.Finished))
	}
	rows = append(rows, row("DRIVE", 6, evaluate.Failed))
	for i := range 6 {
		rows = append(rows, row("Lung", i, evaluate.Finished))
	}
	rows = append(rows, row("Lung", 6, evaluate.Running))

	few := string(render("runs", foldRuns(rows)))
	if strings.Contains(few, "<details") || strings.Count(few, "data-run=") != len(rows) {
		t.Errorf("12 finished runs are not in one table:\n%s", few)
	}
	rows = append(rows, row("STARE", 0, evaluate.Finished))
	many := string(render("runs", foldRuns(rows)))
	sight, folded, _ := strings.Cut(many, "<details")
	for _, id := range []string{"DRIVE-6-failed", "Lung-6-running"} {
		if !strings.Contains(sight, `data-run="`+id+`"`) || strings.Contains(folded, id) {
			t.Errorf("%s is not in sight alone", id)
		}
	}
	if strings.Count(sight, "data-run=") != 2 || strings.Count(folded, "data-run=") != 13 {
		t.Errorf("in sight:\n%s\nfolded:\n%s", sight, folded)
	}
	var titles []string
	for _, part := range strings.Split(folded, "<summary>")[1:] {
		title, _, _ := strings.Cut(part, "</summary>")
		titles = append(titles, title)
	}
	want := []string{
		"DRIVE: 6 finished, F1 0.7100 to 0.7500", "Lung: 6 finished, F1 0.7100 to 0.7500", "STARE: 1 finished",
	}
	if !slices.Equal(titles, want) {
		t.Errorf("titles %q; want %q", titles, want)
	}
	finished := slices.DeleteFunc(rows, func(r runRow) bool { return r.Status != evaluate.Finished })
	if page := string(render("runs", foldRuns(finished))); !strings.Contains(page, "All runs are finished") {
		t.Error(page)
	}
}
