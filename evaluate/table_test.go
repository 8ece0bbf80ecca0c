package evaluate

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"r2unet/evaluate/measures"
)

var update = flag.Bool("update", false, "write the golden tables in testdata anew")

// sampleResults returns a small sweep: a real dataset, a phantom with two seeds and folds, a failed run and
// one still running.
func sampleResults(t *testing.T) []Result {
	t.Helper()
	names := map[string]string{
		"forward": "U-Net", "residual": "ResU-Net", "recurrent": "RU-Net", "recurrent-residual": "R2U-Net",
	}
	finished := func(dataset, block string, steps int, seed uint64, fold, folds int) Result {
		left := randomImage(fmt.Sprint(fold, "L"), 40, 30, seed*100+uint64(fold)+uint64(steps))
		right := randomImage(fmt.Sprint(fold, "R"), 40, 30, seed*100+uint64(fold)+uint64(steps)+50)
		network := Network{Block: block, T: steps, Norm: "batch", Channels: []int{16, 32, 64, 128}}
		if steps > 0 {
			network.Weights = "shared"
		}
		r := Result{
			RunID: fmt.Sprintf("%s-%s-t%d-s%d-f%d", dataset, block, steps, seed, fold), Status: Finished,
			Dataset: dataset, Architecture: names[block], Facets: network.Facets(),
			Fold: fold, Folds: folds, Seed: seed, Parameters: 482449 + steps,
			Epochs: 3, Threshold: 0.5, Measures: measure(t, Options{}, left, right),
			Cost: Cost{Device: "cpu: two threads", Inference: []Inference{
				{Protocol: "whole", Width: 565, Height: 584, Samples: 8, SecondsPerSample: 0.25 + float64(seed)/100},
				{Protocol: "patches", Stride: 24, Width: 565, Height: 584, Samples: 1, SecondsPerSample: 4.5},
			}},
		}
		if dataset != "STARE" { // its runs are of an earlier version
			r.DataHash, r.Kernels = "0123456789ab", "AVX2"
			r.Data = &Data{
				Tested: 2, Test: 8, Train: 16000, Patch: 48, Width: [2]int{999, 999}, Height: [2]int{960, 960},
				Observer: 1,
				Images:   28, Parts: []Part{{"", 28, 28}},
			}
		}
		return r
	}
	results := []Result{
		finished("CHASE_DB1", "forward", 0, 1, 0, 1),
		finished("CHASE_DB1", "recurrent-residual", 2, 1, 0, 1),
		finished("CHASE_DB1", "recurrent-residual", 3, 1, 0, 1),
		finished("ISIC2017", "residual", 0, 1, 0, 1),
	}
	for seed := range uint64(2) {
		for fold := range 3 {
			r := finished("STARE", "recurrent", 2, seed, fold, 20)
			r.Phantom = true
			results = append(results, r)
		}
	}
	results = append(results, finished("Teeth", "forward", 0, 1, 0, 1))
	wide := finished("CHASE_DB1", "forward", 0, 1, 0, 1)
	wide.RunID, wide.Architecture = "CHASE_DB1-wide", "Wide | attention"
	wide.Facets = Network{Block: "forward", Norm: "batch", Channels: []int{32, 64}}.Facets()
	results = append(results, wide)
	failed := finished("CHASE_DB1", "recurrent", 2, 1, 0, 1)
	failed.Status, failed.Error, failed.Measures = Failed, "step 120: loss is NaN | first in encoder.2", Measures{}
	running := finished("Lung", "forward", 0, 1, 0, 1)
	running.Status, running.Phantom, running.Measures = Running, true, Measures{}
	return append(results, failed, running)
}

func TestTablesMatchGoldenFiles(t *testing.T) {
	results := sampleResults(t)
	for n := 1; n <= Others; n++ {
		table, err := Table(n, results)
		if err != nil {
			t.Fatal(err)
		}
		csvText, err := table.CSV()
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]string{
			"md": table.Markdown(), "csv": csvText, "html": table.HTML(), "tex": table.LaTeX(),
		} {
			path := filepath.Join("testdata", fmt.Sprintf("table-%d.%s", n, name))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	}
}

func TestShapeMeasuresHaveColumnsWhereTheyWereMeasured(t *testing.T) {
	columns := func(results []Result) (header string, row map[string]Cell) {
		table, err := Table(1, results)
		if err != nil {
			t.Fatal(err)
		}
		text, err := table.CSV()
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ = strings.Cut(text, "\n")
		for _, r := range table.Rows {
			if r.Source == "ours" && !r.other {
				return header, r.Cells
			}
		}
		t.Fatal("the table has no row of ours")
		return "", nil
	}
	results := sampleResults(t)[:2]
	if header, _ := columns(results); strings.Contains(header, "hausdorff95_px") || strings.Contains(header, "cldice") {
		t.Errorf("columns of measures that nobody asked for: %s", header)
	}
	results[0].Measures = measure(t, Options{Extra: []*measures.Measure{measures.Hausdorff95}},
		randomImage("a", 40, 30, 1), randomImage("b", 40, 30, 2))
	header, row := columns(results)
	if !strings.Contains(header, "hausdorff95_px,hausdorff95_px_sd") || strings.Contains(header, "cldice") {
		t.Errorf("the Hausdorff distance alone was measured: %s", header)
	}
	if got, want := row["hausdorff95_px"].Value,
		results[0].Measures.Inside.PerImage.Of(measures.Hausdorff95); got != want || !(want > 0) {
		t.Errorf("the table has %g px, the mean over images is %g", got, want)
	}
}

func TestTablesDoNotDependOnTheOrderOfResults(t *testing.T) {
	results := sampleResults(t)
	random := rand.New(rand.NewPCG(1, 1))
	for n := 1; n <= Others; n++ {
		var want string
		for round := range 5 {
			table, err := Table(n, results)
			if err != nil {
				t.Fatal(err)
			}
			data, err := table.JSON()
			if err != nil {
				t.Fatal(err)
			}
			if round == 0 {
				want = string(data)
			} else if diff := cmp.Diff(want, string(data)); diff != "" {
				t.Fatalf("table %d: %s", n, diff)
			}
			random.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		}
	}
}

func TestEveryRowOfAPhantomSaysSo(t *testing.T) {
	for n := 1; n <= Others; n++ {
		table, err := Table(n, sampleResults(t))
		if err != nil {
			t.Fatal(err)
		}
		csvText, err := table.CSV()
		if err != nil {
			t.Fatal(err)
		}
		var terminal strings.Builder
		if err := table.Terminal(&terminal, 0); err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{table.Markdown(), csvText, terminal.String(), table.HTML(), table.LaTeX()} {
			for line := range strings.Lines(page) {
				if strings.Contains(line, "RU-Net (t=2)") && strings.Contains(line, "STARE") &&
					!strings.Contains(line, "phantom") {
					t.Errorf("table %d: no phantom in %q", n, line)
				}
			}
		}
	}
}

func TestTableSaysWhichRunFailedAndWhy(t *testing.T) {
	table, err := Table(1, sampleResults(t))
	if err != nil {
		t.Fatal(err)
	}
	csvText, err := table.CSV()
	if err != nil {
		t.Fatal(err)
	}
	var terminal strings.Builder
	if err := table.Terminal(&terminal, 0); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{table.Markdown(), csvText, terminal.String(), table.HTML()} {
		if !strings.Contains(page, "CHASE_DB1-recurrent-t2-s1-f0") || !strings.Contains(page, "loss is NaN") {
			t.Errorf("the failed run or its reason is missing in:\n%s", page)
		}
	}
	if strings.Contains(csvText, "Lung") {
		t.Error("Table I speaks of the lung runs")
	}
}

func TestPrintedRowsStandAsPrinted(t *testing.T) {
	table, err := Table(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 27 {
		t.Errorf("%d rows without results, want the 27 printed ones", len(table.Rows))
	}
	csvText, err := table.CSV()
	if err != nil {
		t.Fatal(err)
	}
	if records, err := csv.NewReader(strings.NewReader(csvText)).ReadAll(); err != nil || len(records) != 28 {
		t.Errorf("CSV has %d lines, %v", len(records), err)
	}
	if !strings.Contains(csvText, "DRIVE,Chen,paper [53],,,0.7252,") {
		t.Errorf("trailing zeros and dashes are not as printed:\n%s", csvText)
	}
}

func TestTableIsValidJSON(t *testing.T) {
	table, err := Table(2, sampleResults(t))
	if err != nil {
		t.Fatal(err)
	}
	data, err := table.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Rows []struct {
			Source string
			Cells  map[string]struct {
				Text  string
				Value *float64
			}
		}
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, row := range back.Rows {
		if row.Source == "paper" && row.Cells["jsc_as_printed"].Value == nil {
			t.Errorf("the paper's JSC is missing in %v", row)
		}
		if row.Source == "ours" && row.Cells["js"].Value == nil {
			t.Errorf("our Jaccard is missing in %v", row)
		}
	}
}

func TestThereIsNoTableSeven(t *testing.T) {
	if _, err := Table(Validation+1, nil); err == nil {
		t.Error("no error")
	}
}

func TestTerminalKeepsToItsWidth(t *testing.T) {
	for n := 1; n <= Others; n++ {
		table, err := Table(n, sampleResults(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{120, 160} {
			var page strings.Builder
			if err := table.Terminal(&page, width); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(page.String()) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
					t.Errorf("table %d: %d characters in a terminal of %d: %s", table.Number, n, width, line)
				}
			}
		}
	}
}

func TestOurRowsStandBelowThePrintedOnesOfTheSameNetwork(t *testing.T) {
	results := sampleResults(t)
	for i := range results {
		results[i].Dataset = "ISIC2017"
	}
	table, err := Table(2, results)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, row := range table.mainRows() {
		if method := row.Cells["method"].Text; strings.HasPrefix(method, "R2U-Net") {
			order = append(order, row.Source+" "+method)
		}
	}
	want := "paper R2U-Net (t=2), ours R2U-Net (t=2), paper R2U-Net (t=3), ours R2U-Net (t=3)"
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

func TestNetworksKeepTheirNamesOfTheMatrix(t *testing.T) {
	for _, c := range []struct{ block, name, want string }{
		{"recurrent-residual", "mine", "mine (t=2)"},
		{"recurrent-residual", "R2U-Net", "R2U-Net (t=2)"},
		{"recurrent-residual", "R2U-Net t=2", "R2U-Net t=2"},
		{"inner-residual", "Inner residual", "Inner residual (t=2)"},
		{"inner-residual", "", "inner-residual (t=2)"},
	} {
		if r := (Result{Architecture: c.name, Facets: Network{Block: c.block, T: 2}.Facets()}); r.Label() != c.want {
			t.Errorf("%s named %q stands as %q, expected %q", c.block, c.name, r.Label(), c.want)
		}
	}
}

func TestTableIVTakesNetworksThatDidNotRun(t *testing.T) {
	counted := Result{
		Facets: Network{
			Block: "recurrent-residual", T: 3, Weights: "per-step", Norm: "batch", Channels: []int{16, 32, 64, 128},
		}.Facets(),
		Parameters: 2024433,
	}
	table, err := Table(4, []Result{counted})
	if err != nil {
		t.Fatal(err)
	}
	last := table.Rows[len(table.Rows)-1]
	if last.Cells["parameters"].Text != "2024433" || last.Cells["inputs"].Text != "" || len(table.Incomplete) != 0 {
		t.Errorf("%+v, incomplete %v", last.Cells, table.Incomplete)
	}
}
