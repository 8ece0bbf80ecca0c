package evaluate

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate/measures"
)

// flat reads our rows of a table's CSV as maps from column to text.
func flat(t *testing.T, n int, results ...Result) []map[string]string {
	t.Helper()
	table, err := Table(n, results)
	if err != nil {
		t.Fatal(err)
	}
	text, err := table.CSV()
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		if row["source"] == "ours" {
			rows = append(rows, row)
		}
	}
	return rows
}

// mainRow returns our only main row about a network of that name.
func mainRow(t *testing.T, rows []map[string]string, name string) map[string]string {
	t.Helper()
	var found []map[string]string
	for _, row := range rows {
		if row["name"] == name && strings.HasPrefix(row["reading"], "micro") &&
			!strings.Contains(row["reading"], "all pixels") {
			found = append(found, row)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d main rows of %s, want 1: %v", len(found), name, found)
	}
	return found[0]
}

func f1Of(i int) float64 { return 0.7 + 0.01*float64(i) }

// with returns a change of a network's setting.
func with(key, value string) func(*Result) {
	return func(r *Result) {
		facets := slices.DeleteFunc(slices.Clone(r.Facets), func(f Facet) bool { return f.Key == key })
		r.Facets = append(facets, Facet{Key: key, Value: value, Text: key + " " + value})
	}
}

func TestTwoNetworksNeverShareARow(t *testing.T) {
	base := imagesResult("forward", f1Of)
	for what, change := range map[string]func(*Result){
		"name":                  func(r *Result) { r.Architecture = "Wide" },
		"block":                 with("block", "residual"),
		"steps":                 with("t", "2"),
		"weights":               with("weights", "tied"),
		"norm":                  with("norm", "none"),
		"channels":              with("channels", "2-7"),
		"skip":                  with("skip", "attention"),
		"style":                 with("style", "nested"),
		"a setting of tomorrow": with("dilation", "2"),
		"files":                 func(r *Result) { r.DataHash = "other" },
		"dataset":               func(r *Result) { r.Dataset = "Teeth" },
	} {
		other := imagesResult("forward", f1Of)
		other.RunID = "other"
		change(&other)
		if n := len(groups(inOrder([]Result{base, other}))); n != 2 {
			t.Errorf("another %s: %d rows, want 2", what, n)
		}
		if names := Names([]*Result{&base, &other}, (*Result).RowKey); len(names) != 2 ||
			names[base.RowKey()] == names[other.RowKey()] {
			if what != "dataset" { // names are unique per dataset
				t.Errorf("another %s: names %v", what, names)
			}
		}
	}
	seed := imagesResult("forward", f1Of)
	seed.Seed, seed.RunID = 7, "seed"
	if n := len(groups(inOrder([]Result{base, seed}))); n != 1 {
		t.Errorf("two seeds of one network: %d rows, want 1", n)
	}
}

func TestRowsSayTheNameAndTheRuns(t *testing.T) {
	narrow, wide := imagesResult("forward", f1Of),
		imagesResult("forward", func(i int) float64 { return f1Of(i) + 0.01 + 0.001*float64(i) })
	narrow.Architecture, narrow.RunID = "Narrow", "chase-narrow-1"
	wide.Architecture, wide.RunID = "Wide", "chase-wide-2"
	rows := flat(t, 1, narrow, wide)
	if row := mainRow(t, rows, "Narrow"); row["method"] != "Narrow" || row["run"] != "chase-narrow-1" ||
		row["f1_difference"] != "" {
		t.Errorf("%v", row)
	}
	wideRow := mainRow(t, rows, "Wide")
	if want := Comparisons([]Result{narrow, wide}, measures.F1)[0]; wideRow["f1_baseline"] != "Narrow" ||
		wideRow["f1_difference_mean"] != decimal(want.Mean) || wideRow["f1_difference_low"] != decimal(want.Low) ||
		wideRow["f1_difference_high"] != decimal(want.High) || wideRow["f1_difference_images"] != "8" ||
		wideRow["f1_difference_p"] != decimal(want.P) || wideRow["f1_difference_p_holm"] != decimal(want.Holm) {
		t.Errorf("%v; want the numbers of %+v", wideRow, want)
	}
	if row := mainRow(t, rows, "Narrow"); row["f1_baseline"]+row["f1_difference_p"]+row["f1_difference_mean"] != "" ||
		row["f1_low"] == "" || row["f1_low"] > row["f1_high"] {
		t.Errorf("the plainest network has no comparison, but an interval: %v", row)
	}
	if row := mainRow(t, rows, "Wide"); row["run"] != "chase-wide-2" ||
		!strings.Contains(row["f1_difference"], "against Narrow over 8 images") {
		t.Errorf("%v", row)
	}
}

func TestRowsSayWhatTheyAreOf(t *testing.T) {
	r := imagesResult("forward", f1Of)
	r.Data = &Data{
		Tested: 8, Test: 20, Train: 1000, Size: 64, Width: [2]int{565, 720}, Height: [2]int{584, 584}, Observer: 2,
		Images: 1300, Parts: []Part{{"train", 1000, 2000}, {"test", 300, 600}},
	}
	for _, n := range []int{1, 5} {
		r.Cost.Inference = []Inference{{Protocol: "whole", Width: 64, Height: 64, Samples: 1, SecondsPerSample: 1}}
		for _, row := range flat(t, n, r) {
			const want = "8 of 20 test images; 1000 training images; resized to 64×64 px; observer 2; 1000 of 2000 " +
				"(train), 300 of 600 (test) published images at hand"
			if row["tested"] != "8 of 20" || row["data"] != want {
				t.Errorf("table %d: %q, %q", n, row["tested"], row["data"])
			}
		}
	}
	var terminal strings.Builder
	table, err := Table(1, []Result{r})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Terminal(&terminal, 120); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"8 of 20", "1000 of 2000 (train)", "observer 2"} {
		if !strings.Contains(strings.ReplaceAll(terminal.String(), "\n  ", " "), want) {
			t.Errorf("a terminal of 120 columns does not say %q:\n%s", want, &terminal)
		}
	}
	r.Data = nil // a record of an earlier version
	if row := mainRow(t, flat(t, 1, r), "U-Net"); row["tested"] != "8 of ?" ||
		!strings.Contains(row["data"], "not recorded") {
		t.Errorf("%q, %q", row["tested"], row["data"])
	}
	folds := []Result{r, r}
	for i := range folds {
		folds[i].Fold, folds[i].Folds, folds[i].RunID = i, 20, fmt.Sprint(i)
		folds[i].Data = &Data{Tested: 1, Test: 1, TestFolds: 20, Train: 19, Observer: 1, Images: 20}
	}
	if row := mainRow(t, flat(t, 1, folds...), "U-Net"); row["tested"] != "2 of 20" {
		t.Errorf("two of twenty folds of one image: %q", row["tested"])
	}
}

func TestRunsOnOtherFilesAreNotCompared(t *testing.T) {
	plain, other := imagesResult("forward", f1Of),
		imagesResult("residual", func(i int) float64 { return f1Of(i) + 0.1 })
	plain.DataHash, other.DataHash = "aaaa", "bbbb"
	results := []Result{plain, other}
	comparisons := Comparisons(results, measures.F1)
	if len(comparisons) != 0 {
		t.Errorf("%v", comparisons)
	}
	if row := mainRow(t, flat(t, 1, results...), "ResU-Net"); !strings.Contains(row["note"],
		"on other files than U-Net") || row["f1_difference"] != "" {
		t.Errorf("%v", row)
	}
	table, err := Table(1, results)
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(table.Notes, "\n"); !strings.Contains(notes,
		"CHASE_DB1: the rows are of different files and must not be compared: U-Net; on other files ResU-Net") {
		t.Errorf("notes %s", notes)
	}
	// Those on the same files are still compared with the plainest of them.
	third := imagesResult("recurrent", func(i int) float64 { return f1Of(i) + 0.2 })
	third.DataHash = "bbbb"
	comparisons = Comparisons(append(results, third), measures.F1)
	if len(comparisons) != 1 || comparisons[0].Baseline != "ResU-Net" {
		t.Errorf("%v", comparisons)
	}
	// Nor are two sweeps.
	changed := plain
	changed.DataHash = "cccc"
	differences, unmatched := Differences([]Result{plain}, []Result{changed}, measures.F1)
	if len(differences) != 1 || differences[0].Images != 0 || differences[0].Verdict() != "not comparable" ||
		len(unmatched) != 1 {
		t.Errorf("%+v, %v", differences, unmatched)
	}
}

func TestRowsOfOtherKernelsAreMarked(t *testing.T) {
	a, b, c := imagesResult("forward", f1Of), imagesResult("residual", f1Of), imagesResult("residual", f1Of)
	a.Kernels, b.Kernels, c.Kernels = "AVX-512", "AVX2", "AVX-512"
	c.Seed, c.RunID = 2, "c"
	if row := mainRow(t, flat(t, 1, a, b), "ResU-Net"); !strings.Contains(row["note"],
		"kernels AVX2, other rows AVX-512") || row["kernels"] != "AVX2" {
		t.Errorf("%v", row)
	}
	if row := mainRow(t, flat(t, 1, a, b, c), "ResU-Net"); !strings.Contains(row["note"],
		"runs of different kernels: AVX2; AVX-512") {
		t.Errorf("%v", row)
	}
	a.Kernels, b.Kernels = "AVX-512, then AVX2", "AVX-512, then AVX2"
	if row := mainRow(t, flat(t, 1, a, b), "ResU-Net"); !strings.Contains(row["note"],
		"gone on under other kernels: AVX-512, then AVX2") {
		t.Errorf("%v", row)
	}
	a.Kernels, b.Kernels = "AVX-512", "AVX-512"
	if row := mainRow(t, flat(t, 1, a, b), "ResU-Net"); row["note"] != "" {
		t.Errorf("%v", row)
	}
	a.Kernels, b.Kernels = "cpu avx512 bf16", "cpu avx512 bf16"
	if row := mainRow(t, flat(t, 1, a, b), "ResU-Net"); row["note"] != "convolutions in bf16" {
		t.Errorf("%v", row)
	}
}

// masked returns a run over images whose pixels are given as truth and prediction: "10" is missed foreground.
func masked(t *testing.T, images ...string) Result {
	t.Helper()
	var all []Image
	for i, pixels := range images {
		image := Image{ID: fmt.Sprint("image", i), Height: 1}
		for _, pixel := range strings.Fields(pixels) {
			image.Truth = append(image.Truth, pixel[0]-'0')
			image.Probabilities = append(image.Probabilities, 0.2+0.6*float32(pixel[1]-'0'))
		}
		image.Width = len(image.Truth)
		all = append(all, image)
	}
	r := imagesResult("forward", f1Of)
	r.Dataset, r.Measures = "ISIC2017", measure(t, Options{}, all...)
	return r
}

func TestImagesLeftOutOfAMeanAreTold(t *testing.T) {
	for _, row := range flat(t, 2, masked(t, "11 00 10", "00 00 00", "00 01 00", "11 11 00")) {
		if !strings.HasPrefix(row["reading"], "mean") {
			continue
		}
		for _, want := range []string{
			"mean over 4 images", "mean over 2 of 4 images: AUC undefined in 2",
			"mean over 3 of 4 images: F1 undefined in 1",
		} {
			if !strings.Contains(row["note"], want) {
				t.Errorf("the note %q does not say %q", row["note"], want)
			}
		}
	}
}

func TestLabelsOfOneClassGiveNoScore(t *testing.T) {
	for name, r := range map[string]Result{
		"empty":      masked(t, "00 00 01", "00 00 00"),
		"nothing":    masked(t, "00 00 00", "00 00 00"),
		"everything": masked(t, "11 11 11", "11 11 11"),
	} {
		rows := flat(t, 2, r)
		for _, row := range rows {
			for _, column := range []string{"f1", "js", "auc", "dc"} {
				if row[column] != "" {
					t.Errorf("%s, %s: %s is %s", name, row["reading"], column, row[column])
				}
			}
		}
		table, err := Table(2, []Result{r})
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(table.Notes, "\n"); !strings.Contains(notes, "labels of the measured images") {
			t.Errorf("%s: no note about the labels in\n%s", name, notes)
		}
		if line := r.Summary(); !strings.Contains(line, "AUC —, F1 — over the whole image") {
			t.Errorf("%s: %s", name, line)
		}
	}
}

func TestOnlyPhotographsHaveAFieldOfView(t *testing.T) {
	lesion := masked(t, "11 00 10", "11 01 00")
	photograph := lesion
	photograph.Dataset, photograph.RunID = "DRIVE", "drive"
	photograph.Measures.All.Micro.TN += 5
	for _, row := range flat(t, 2, lesion) {
		if strings.Contains(row["reading"]+row["note"], "FOV") {
			t.Errorf("a lesion is read %q, %q", row["reading"], row["note"])
		}
	}
	table, err := Table(2, []Result{lesion})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(table.Markdown(), "FOV") {
		t.Error("Table II speaks of a field of view")
	}
	if row := mainRow(t, flat(t, 1, photograph), "U-Net"); row["reading"] != "micro, inside FOV" ||
		!strings.Contains(photograph.Summary(), "inside the FOV") {
		t.Errorf("a photograph is read %q, %q", row["reading"], photograph.Summary())
	}
}

func TestDatasetsThatThePaperDoesNotHaveGetTheirTables(t *testing.T) {
	teeth, drive := masked(t, "11 00 10", "11 01 00"), masked(t, "11 00 10", "11 01 00")
	teeth.Dataset, drive.Dataset, drive.RunID = "Teeth", "DRIVE", "drive"
	teeth.Cost.Inference = []Inference{{Protocol: "whole", Width: 64, Height: 64, Samples: 1, SecondsPerSample: 1}}
	tables, err := Tables([]Result{teeth, drive})
	if err != nil || len(tables) != Others {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	if row := mainRow(t, flat(t, Others, teeth, drive), "U-Net"); row["dataset"] != "Teeth" || row["f1"] == "" {
		t.Errorf("%v", row)
	}
	if rows := flat(t, 5, teeth); len(rows) != 1 || rows[0]["dataset"] != "Teeth" {
		t.Errorf("times %v", rows)
	}
	if tables, err := Tables([]Result{drive}); err != nil || len(tables) != 5 {
		t.Errorf("%d tables without another dataset, %v", len(tables), err)
	}
}

// TestValidationImagesStandApart checks that neither the paper's rows nor those of test images appear beside
// runs on validation images, on which settings are chosen.
func TestValidationImagesStandApart(t *testing.T) {
	tested, chosen := masked(t, "11 00 10", "11 01 00"), masked(t, "11 00 10", "11 01 00")
	tested.Dataset, chosen.Dataset, chosen.RunID, chosen.Assessed = "DRIVE", "DRIVE", "chosen", OnValidation
	chosen.Data = &Data{Tested: 2, Test: 2, Train: 8, Images: 6}
	chosen.Cost.Inference = []Inference{{Protocol: "whole", Width: 64, Height: 64, Samples: 1, SecondsPerSample: 1}}
	tables, err := Tables([]Result{chosen, tested})
	if err != nil || len(tables) != 6 || tables[5].Number != Validation {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, row := range flat(t, 1, chosen, tested) {
		if row["source"] == "ours" && (row["dataset"] != "DRIVE" || row["run"] == "chosen") {
			t.Errorf("Table I has %v", row)
		}
	}
	for _, row := range flat(t, Validation, chosen, tested) {
		if row["source"] != "ours" || row["dataset"] != "DRIVE (validation images)" || row["run"] != "chosen" {
			t.Errorf("the table of validation images has %v", row)
		}
	}
	if rows := flat(t, 5, chosen); rows[len(rows)-1]["dataset"] != "DRIVE (validation images)" {
		t.Errorf("times %v", rows)
	}
	for _, page := range []string{tables[5].Markdown(), tables[5].HTML(), chosen.Summary(), chosen.DataText()} {
		if !strings.Contains(page, "validation images") || strings.Contains(page, "test image") ||
			strings.Contains(page, "Tested") {
			t.Errorf("not said in\n%s", page)
		}
	}
	if all := Comparisons([]Result{chosen, tested}, measures.F1); len(all) > 0 {
		t.Errorf("compared: %v", all)
	}
	if _, unmatched := Differences([]Result{chosen}, []Result{tested}, measures.F1); len(unmatched) != 2 {
		t.Errorf("validation images and test images are set side by side; unmatched: %v", unmatched)
	}
}

func TestNotesOfRunsStandBelowTheTable(t *testing.T) {
	r := masked(t, "11 00 10")
	r.Note = "tested on 5 held-out training images"
	table, err := Table(2, []Result{r})
	if err != nil {
		t.Fatal(err)
	}
	var terminal strings.Builder
	if err := table.Terminal(&terminal, 100); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{terminal.String(), table.Markdown(), table.HTML()} {
		if !strings.Contains(page, "ISIC2017: "+r.Note) {
			t.Errorf("%q is not said in\n%s", r.Note, page)
		}
	}
}
