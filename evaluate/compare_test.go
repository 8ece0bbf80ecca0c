package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate/measures"
)

// imagesResult returns a run on eight images with the given F1.
func imagesResult(block string, f1 func(image int) float64) Result {
	return imagesResultOf(8, block, f1)
}

// imagesResultOf is imagesResult of so many images.
func imagesResultOf(images int, block string, f1 func(image int) float64) Result {
	r := Result{
		RunID: block, Status: Finished, Dataset: "CHASE_DB1", Facets: Network{Block: block}.Facets(),
		Architecture: map[string]string{
			"forward": "U-Net", "residual": "ResU-Net", "recurrent": "RU-Net", "recurrent-residual": "R2U-Net",
		}[block],
		Folds: 1, Threshold: 0.5,
	}
	for i := range images {
		scores := measures.Scores{Counts: measures.Counts{TP: 50, TN: 800, FP: 10, FN: 20}}
		for _, m := range measures.All() {
			if m.Counts != nil {
				scores.Set(m, m.Counts(scores.Counts))
			}
		}
		scores.Set(measures.F1, f1(i))
		r.Measures.Inside.Images = append(r.Measures.Inside.Images, ImageScores{fmt.Sprint("image", i), scores})
	}
	return r
}

// TestIntervalIsThatOfTheMeanOverRuns: one seed predicts nothing and another everything, so that the counts of both
// together would have a larger F1 than the mean of both; and folds have other images than each other.
func TestIntervalIsThatOfTheMeanOverRuns(t *testing.T) {
	run := func(seed uint64, fold, folds int, ids []string, c measures.Counts) *Result {
		r := &Result{Seed: seed, Fold: fold, Folds: folds}
		for _, id := range ids {
			r.Measures.Inside.Images = append(r.Measures.Inside.Images, ImageScores{id, measures.Scores{Counts: c}})
		}
		return r
	}
	none, all := measures.Counts{TN: 90, FN: 10}, measures.Counts{TP: 10, FP: 90}
	both := []string{"a", "b", "c"}
	g := group{run(1, 0, 1, both, none), run(2, 0, 1, both, all)}
	want := (0 + 2*10/(2*10.+90)) / 2
	if ci := g.interval(measures.F1.Counts); math.Abs(ci.Low-want) > 1e-12 || math.Abs(ci.High-want) > 1e-12 {
		t.Errorf("interval of two seeds %v, want %v, as all images are alike", ci, want)
	}

	// Of 27 draws of three images, one has those of fold 0 alone, with F1 1, and eight those of fold 1 alone, with
	// F1 0.
	g = group{
		run(1, 0, 2, []string{"a"}, measures.Counts{TP: 10, TN: 90}), run(1, 1, 2, []string{"b", "c"}, none),
	}
	if ci := g.interval(measures.F1.Counts); ci.Low != 0 || ci.High != 1 {
		t.Errorf("interval of two folds %v, want 0 to 1", ci)
	}
}

func TestComparisonTellsBetterFromOnlyPrintedHigher(t *testing.T) {
	base := func(i int) float64 { return 0.7 + 0.01*float64(i) }
	results := []Result{
		imagesResult("forward", base),
		imagesResult("recurrent-residual", func(i int) float64 { return base(i) + 0.01 + 0.001*float64(i) }),
		imagesResult("residual", func(i int) float64 { return base(i) + 0.02*math.Cos(3*float64(i)) + 0.001 }),
		imagesResult("recurrent", func(i int) float64 { return base(i) - 0.01 - 0.001*float64(i) }),
	}
	comparisons := Comparisons(results, measures.F1)
	want := map[string]string{"ResU-Net": "not distinguishable", "RU-Net": "worse", "R2U-Net": "better"}
	if len(comparisons) != len(want) {
		t.Fatalf("%d comparisons, want %d", len(comparisons), len(want))
	}
	for _, c := range comparisons {
		if c.Verdict() != want[c.Network] || c.Baseline != "U-Net" || c.Images != 8 {
			t.Errorf("%+v is %s, want %s", c, c.Verdict(), want[c.Network])
		}
		if c.Low > c.Mean || c.High < c.Mean {
			t.Errorf("the interval of %s does not hold its mean", c)
		}
	}
	for _, c := range comparisons {
		// All eight differences have one sign: p = 2/2⁸, times 3 or 2 by Holm.
		if c.Network == "R2U-Net" && (c.P != 2.0/256 || math.Abs(c.Holm-3*2.0/256) > 1e-12) {
			t.Errorf("p = %v, corrected %v", c.P, c.Holm)
		}
	}
	table, err := Table(1, results)
	if err != nil {
		t.Fatal(err)
	}
	for _, verdict := range []string{": better |", ": worse |", ": not distinguishable |"} {
		if n := strings.Count(table.Markdown(), verdict); n != 1 {
			t.Errorf("%q stands in %d rows of the table, want 1", verdict, n)
		}
	}
}

func TestComparisonNeedsSharedImages(t *testing.T) {
	other := imagesResult("residual", func(int) float64 { return 0.9 })
	for i := range other.Measures.Inside.Images {
		other.Measures.Inside.Images[i].ID += "-other"
	}
	comparisons := Comparisons([]Result{imagesResult("forward", func(int) float64 { return 0.8 }), other}, measures.F1)
	if len(comparisons) != 0 {
		t.Errorf("%v: no image is shared", comparisons)
	}
}

func TestDifferencesOfTwoSweeps(t *testing.T) {
	base := func(i int) float64 { return 0.7 + 0.01*float64(i) }
	a := []Result{imagesResult("forward", base), imagesResult("residual", base)}
	b := []Result{
		imagesResult("forward", func(i int) float64 { return base(i) + 0.02 + 0.001*float64(i) }),
		imagesResult("recurrent", base),
	}
	differences, unmatched := Differences(a, b, measures.F1, measures.Sensitivity)
	if len(differences) != 2 || len(unmatched) != 2 {
		t.Fatalf("%d differences, unmatched %v", len(differences), unmatched)
	}
	f1, se := differences[0], differences[1]
	if f1.Images != 8 || math.Abs(f1.Mean-0.0235) > 1e-12 || f1.Low > f1.Mean || f1.High < f1.Mean || f1.P != 2.0/256 ||
		f1.Verdict() != "better" {
		t.Errorf("F1: %+v", f1)
	}
	if se.Mean != 0 || se.P != 1 || se.Verdict() != "not distinguishable" {
		t.Errorf("SE: %+v", se)
	}
	for i, want := range []string{"only A has ResU-Net", "only B has RU-Net"} {
		if !strings.Contains(unmatched[i], want) {
			t.Errorf("%q, want %q", unmatched[i], want)
		}
	}
}

func TestALowerErrorIsBetter(t *testing.T) {
	for m, want := range map[*measures.Measure]string{measures.MSE: "worse", measures.F1: "better"} {
		if got := (Comparison{Measure: m, Mean: 0.1, Ranks: 3, Holm: 0.01}).Verdict(); got != want {
			t.Errorf("a higher %s is called %s, want %s", m.Name, got, want)
		}
	}
}

// TestRanksThatContradictTheMeanDecideNothing: many images gain a little and few lose much, so that the test of ranks,
// which is significant, is about the gain, and the mean is a loss.
func TestRanksThatContradictTheMeanDecideNothing(t *testing.T) {
	base := func(i int) float64 { return 0.7 + 0.01*float64(i) }
	gain := func(i int) float64 {
		if i == 0 {
			return -0.3
		}
		return 0.01 + 0.001*float64(i)
	}
	of := []Result{
		imagesResultOf(12, "forward", base),
		imagesResultOf(12, "residual", func(i int) float64 { return base(i) + gain(i) }),
	}
	c := Comparisons(of, measures.F1)[0]
	if c.Mean >= 0 || c.Ranks <= 0 || c.Holm >= significant ||
		!strings.HasPrefix(c.Verdict(), "not distinguishable: ") {
		t.Errorf("%+v is %s", c, c.Verdict())
	}
}

// TestImagesOfOnePatientCountAsOne: eight images of four patients, two of which have the same sign, give p = 2/2⁴ and
// not 2/2⁸, and the interval is that of four.
func TestImagesOfOnePatientCountAsOne(t *testing.T) {
	base := func(i int) float64 { return 0.7 + 0.01*float64(i) }
	better := func(i int) float64 { return base(i) + 0.01 + 0.002*float64(i/2) }
	patients := map[string]string{}
	for i := range 8 {
		patients[fmt.Sprint("image", i)] = fmt.Sprint(i / 2)
	}
	recorded := []Result{imagesResult("forward", base), imagesResult("residual", better)}
	named := []Result{imagesResult("forward", base), imagesResult("residual", better)}
	for i := range recorded {
		recorded[i].Patients = patients
		named[i].Dataset = "CHASE_DB1" // as in records of earlier versions
		for k := range named[i].Measures.Inside.Images {
			named[i].Measures.Inside.Images[k].ID = fmt.Sprintf("Image_%02d%c", 1+k/2, "LR"[k%2])
		}
	}
	for name, results := range map[string][]Result{"recorded": recorded, "by their names": named} {
		c := Comparisons(results, measures.F1)[0]
		if c.P != 2.0/16 || c.Images != 8 || math.Abs(c.Mean-0.013) > 1e-12 || c.Verdict() != "not distinguishable" ||
			!strings.Contains(c.String(), "over 8 images of 4 patients") {
			t.Errorf("%s: %+v", name, c)
		}
		d, _ := Differences(results[:1], results[1:], measures.F1)
		if len(d) != 0 {
			t.Errorf("%s: two networks were matched", name)
		}
		second := results[1]
		second.Architecture, second.Facets = results[0].Architecture, results[0].Facets
		d, _ = Differences(results[:1], []Result{second}, measures.F1)
		if len(d) != 1 || d[0].P != 2.0/16 || d[0].Units != 4 || d[0].Over != "8 images of 4 patients" {
			t.Errorf("%s: %+v", name, d)
		}
	}
	images := recorded[0].Measures.Inside.Images
	for i := range images {
		images[i].Scores.FN = int64(20 * (i / 2))
	}
	alone := recorded[0]
	alone.Patients = nil
	one, many := F1Interval(&recorded[0]), F1Interval(&alone)
	if one.High-one.Low <= many.High-many.Low {
		t.Errorf("the interval over patients is %v, over images %v", one, many)
	}
}

// TestThreeSweepsAreMatchedByTheirClosestSettings: a network whose settings changed takes no place of one that is the
// same in both.
func TestThreeSweepsAreMatchedByTheirClosestSettings(t *testing.T) {
	base := func(i int) float64 { return 0.7 + 0.01*float64(i) }
	better := func(by float64) func(int) float64 {
		return func(i int) float64 { return base(i) + by + 0.001*float64(i) }
	}
	of := func(rate string, f1 func(int) float64) Result {
		r := imagesResult("forward", f1)
		r.Facets = append(r.Facets, Facet{Key: "rate", Value: rate, Text: "rate " + rate, In: InTraining})
		return r
	}
	sweeps := [][]Result{
		{of("0.1", base), of("0.2", better(0.01))},
		{of("0.2", better(0.03))},
		{of("0.3", better(0.05)), imagesResult("residual", base)},
	}
	differences, unmatched := DifferencesOf(sweeps, measures.F1)
	var got []string
	for _, d := range differences {
		got = append(got, fmt.Sprintf("%s %s-%s %.4f", d.Network, SweepLetter(d.From), SweepLetter(d.To), d.Mean))
		if d.Images != 8 || len(d.Pairs) != 8 || math.Abs(d.Holm-2*d.P) > 1e-12 {
			t.Errorf("%+v", d)
		}
	}
	want := []string{"U-Net, rate 0.1 A-C 0.0535", "U-Net, rate 0.2 A-B 0.0200"}
	if !slices.Equal(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
	if !slices.Equal(unmatched, []string{"only C has ResU-Net on CHASE_DB1"}) {
		t.Errorf("unmatched %q", unmatched)
	}
}

// TestSettingsMatchBeforeFiles: of a network with the same settings on other files, and one with other settings on the
// same files, the first is the same network.
func TestSettingsMatchBeforeFiles(t *testing.T) {
	of := func(rate, files string) Result {
		r := imagesResult("forward", func(int) float64 { return 0.5 })
		r.Facets = append(r.Facets, Facet{Key: "rate", Value: rate, Text: "rate " + rate, In: InTraining})
		r.DataHash = files
		return r
	}
	found := matched([][]Result{{of("0.1", "x")}, {of("0.2", "x"), of("0.1", "y")}})
	if len(found) != 2 || found[0][0] == nil || found[0][1] == nil || found[0][1][0].DataHash != "y" {
		t.Errorf("%d matches: %+v", len(found), found)
	}
}

func TestTheLowestErrorIsBest(t *testing.T) {
	of := func(ece float64) []Result {
		r := imagesResult("forward", func(int) float64 { return 0.5 })
		r.Measures.Inside.Micro.Set(measures.ECE, ece)
		r.Measures.Inside.Micro.Counts = measures.Counts{TP: 50, TN: 800, FP: 10, FN: 20}
		return []Result{r}
	}
	cells := SideBySide([][]Result{of(0.3), of(0.1), of(0.2)}, measures.ECE)[0].Cells
	if cells[0].Best || !cells[1].Best || cells[2].Best {
		t.Errorf("%+v", cells)
	}
}

func TestManyThresholdsAreARange(t *testing.T) {
	var some group
	for _, threshold := range []float64{0.5, 0.25, 0.375} {
		r := imagesResult("forward", func(int) float64 { return 0.5 })
		r.Threshold = threshold
		some = append(some, &r)
	}
	for n, want := range map[int]string{2: "threshold 0.5, 0.25", 3: "thresholds 0.25 to 0.5"} {
		if got := thresholds([]group{some[:n]}); got != want {
			t.Errorf("%d runs: %q, want %q", n, got, want)
		}
	}
}

func TestBestOfSeveralSweepsAndOfAllNetworks(t *testing.T) {
	of := func(block string, hits int64) Result {
		r := imagesResult(block, func(int) float64 { return 0 })
		c := measures.Counts{TP: hits, TN: 100, FP: 100 - hits, FN: 100 - hits}
		r.Measures.Inside.Micro = measures.Scores{Counts: c}
		r.Measures.Inside.Micro.Set(measures.F1, measures.F1.Counts(c))
		for i := range r.Measures.Inside.Images {
			r.Measures.Inside.Images[i].Scores.Counts = c
		}
		return r
	}
	elsewhere := of("forward", 99)
	elsewhere.DataHash = "other"
	rows := SideBySide([][]Result{
		{of("forward", 50), of("residual", 80)},
		{of("forward", 60), of("residual", 80)},
		{elsewhere},
	}, measures.F1, measures.AUC)
	fewer := of("forward", 95)
	fewer.Measures.Inside.Images = fewer.Measures.Inside.Images[:3]
	c := SideBySide([][]Result{{fewer}, {of("forward", 50)}, {of("forward", 60)}}, measures.F1)[0].Cells
	if !c[0].Other || c[0].Best || !c[2].Best {
		t.Errorf("three of eight images are compared with all: %+v", c)
	}
	if len(rows) != 2 {
		t.Fatalf("%d rows, want F1 of two networks: no run has an AUC", len(rows))
	}
	unet, resunet := rows[0].Cells, rows[1].Cells
	if unet[0].Best || !unet[1].Best || !unet[2].Other || unet[2].Best || unet[2].BestOfAll || unet[1].BestOfAll {
		t.Errorf("U-Net: %+v", unet)
	}
	if resunet[0].Best || !resunet[0].BestOfAll || !resunet[1].BestOfAll || resunet[2].Text != "" ||
		resunet[0].Interval != "0.8000 to 0.8000" {
		t.Errorf("ResU-Net: %+v", resunet)
	}
}
