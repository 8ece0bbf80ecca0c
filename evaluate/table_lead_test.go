package evaluate

import (
	"slices"
	"strings"
	"testing"
)

// TestLeadSaysWhatATableDoesNotShow: phantoms, trainings shorter than half of the paper's, and single runs.
func TestLeadSaysWhatATableDoesNotShow(t *testing.T) {
	of := func(dataset string, phantom bool, seed uint64, trained int) *Result {
		return &Result{
			Status: Finished, Dataset: dataset, Phantom: phantom, Seed: seed, Architecture: "U-Net",
			Data: &Data{Trained: trained},
		}
	}
	classes := func(r *Result) (each []*Result) {
		for i := range 3 {
			one := *r
			one.class, one.place = string(rune('a'+i)), i
			each = append(each, &one)
		}
		return each
	}
	for name, c := range map[string]struct {
		results []*Result
		want    []string
	}{
		"a short training on phantoms": {
			[]*Result{of("DRIVE", true, 1, 1920), of("STARE", true, 1, 480)},
			[]string{
				"DRIVE, STARE: drawn phantoms", "DRIVE on at most 1,920 samples, 0.0075 % of the paper's 25,650,000; STARE",
				"One run of each network on DRIVE, STARE:",
			},
		},
		"one seed of a training as long as the paper's": {
			[]*Result{of("CHASE_DB1", false, 1, 33_750_000)}, []string{"One run of each network on CHASE_DB1:"},
		},
		"somewhat more than half of the paper's training": {
			[]*Result{of("DRIVE", false, 1, 13_000_000), of("DRIVE", false, 2, 13_000_000)}, nil,
		},
		"somewhat less than half": {
			[]*Result{of("DRIVE", false, 1, 12_700_000), of("DRIVE", false, 2, 12_700_000)},
			[]string{"DRIVE on at most 12,700,000 samples, 50 % of the paper's 25,650,000"},
		},
		"all that the paper did, and more": {
			[]*Result{of("CHASE_DB1", false, 1, 33_750_000), of("CHASE_DB1", false, 2, 33_750_000)}, nil,
		},
		"a second observer alone": {
			[]*Result{{Status: Finished, Dataset: "STARE", Observer: true, Architecture: "Second observer"}}, nil,
		},
		"each of three classes": {
			classes(of("DRIVE", true, 1, 1920)),
			[]string{
				"DRIVE: drawn", "training: DRIVE on at most 1,920 samples, 0.0075 % of the paper's 25,650,000.",
				"network on DRIVE: how",
			},
		},
		"records of earlier versions, and own data": {
			[]*Result{
				of("DRIVE", false, 1, 0), of("DRIVE", false, 2, 0),
				of("Kvasir", false, 1, 5), of("Kvasir", false, 3, 5),
			},
			nil,
		},
	} {
		lines := lead(byDataset(groups(c.results)))
		if len(lines) != len(c.want) {
			t.Errorf("%s: %d lines: %s", name, len(lines), strings.Join(lines, "\n"))
		}
		for i := range min(len(lines), len(c.want)) {
			if !strings.Contains(lines[i], c.want[i]) {
				t.Errorf("%s: %q does not contain %q", name, lines[i], c.want[i])
			}
		}
	}
	table := PaperTable{Number: 1, Title: "T", Lead: []string{"Only phantoms."}}
	var terminal strings.Builder
	if err := table.Terminal(&terminal, 80); err != nil {
		t.Fatal(err)
	}
	pages := []string{table.Markdown(), table.HTML(), table.LaTeX(), terminal.String()}
	if slices.ContainsFunc(pages, func(page string) bool { return !strings.Contains(page, "Only phantoms.") }) {
		t.Errorf("a form of the table lacks its lead: %q", pages)
	}
}
