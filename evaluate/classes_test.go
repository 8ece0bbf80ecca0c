package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"r2unet/evaluate/measures"
)

// threeClasses draws images of three classes with a field of view, of which some pixels are ignored.
func threeClasses(t *testing.T) (*ClassCollector, []ClassImage) {
	t.Helper()
	const w, h, area = 8, 6, 48
	random := rand.New(rand.NewPCG(3, 4))
	c := NewClassCollector([]string{"background", "disc", "cup"},
		Options{Extra: []*measures.Measure{measures.Hausdorff95}})
	t.Cleanup(func() { _ = c.Close() })
	var images []ClassImage
	for _, id := range []string{"a", "b", "c"} {
		m := ClassImage{
			ID: id, Width: w, Height: h, Probabilities: make([]float32, 3*area), Truth: make([]uint8, area),
			FOV: make([]uint8, area),
		}
		for i := range area {
			m.Truth[i], m.FOV[i] = uint8(random.IntN(3)), uint8(min(1, random.IntN(5)))
			a, b := random.Float32(), random.Float32()
			m.Probabilities[i], m.Probabilities[area+i], m.Probabilities[2*area+i] = a, (1-a)*b, (1-a)*(1-b)
			if random.IntN(6) == 0 {
				m.Truth[i] = Ignored
			}
		}
		if err := c.Add(m); err != nil {
			t.Fatal(err)
		}
		images = append(images, m)
	}
	return c, images
}

// TestEachClassIsMeasuredAgainstTheRest compares with counts by hand: argmax, inside the field of view, without ignored
// pixels.
func TestEachClassIsMeasuredAgainstTheRest(t *testing.T) {
	c, images := threeClasses(t)
	mean, classes, err := c.Measures()
	if err != nil {
		t.Fatal(err)
	}
	if len(classes) != 2 || classes[0].Name != "disc" || classes[1].Name != "cup" {
		t.Fatalf("classes %+v", classes)
	}
	sum := 0.0
	for k, class := range classes {
		var want measures.Counts
		for _, m := range images {
			for i, truth := range m.Truth {
				if truth == Ignored || m.FOV[i] == 0 {
					continue
				}
				best := 0
				for j := range 3 {
					if m.Probabilities[j*48+i] > m.Probabilities[best*48+i] {
						best = j
					}
				}
				switch is, says := int(truth) == k+1, best == k+1; {
				case is && says:
					want.TP++
				case is:
					want.FN++
				case says:
					want.FP++
				default:
					want.TN++
				}
			}
		}
		if got := class.Measures.Inside.Micro; got.Counts != want {
			t.Errorf("%s: counts %+v, expected %+v", class.Name, got.Counts, want)
		} else if f1 := got.Of(measures.F1); f1 != measures.F1.Counts(want) {
			t.Errorf("%s: F1 %g", class.Name, f1)
		}
		sum += class.Measures.Inside.Micro.Of(measures.F1)
	}
	if got := mean.Inside.Micro.Of(measures.F1); math.Abs(got-sum/2) > 1e-15 {
		t.Errorf("mean F1 %g, expected %g", got, sum/2)
	}
	first := mean.Inside.Images[0].Scores.Of(measures.Hausdorff95)
	if want := (classes[0].Measures.Inside.Images[0].Scores.Of(measures.Hausdorff95) +
		classes[1].Measures.Inside.Images[0].Scores.Of(measures.Hausdorff95)) / 2; math.Abs(first-want) > 1e-12 {
		t.Errorf("mean distance of image a %g, expected %g", first, want)
	}
	curves, err := c.Curves()
	if err != nil || curves.Inside.Points() == 0 {
		t.Errorf("curves of %d points, %v", curves.Inside.Points(), err)
	}
}

// TestIgnoredPixelsCountNowhere: what is predicted on them changes nothing.
func TestIgnoredPixelsCountNowhere(t *testing.T) {
	measure := func(p float32) Measures {
		c := NewCollector(Options{Extra: []*measures.Measure{measures.Hausdorff95}})
		defer func() { _ = c.Close() }()
		m := Image{
			ID: "a", Width: 4, Height: 1, Probabilities: []float32{0.9, 0.2, p, 0.6},
			Truth: []uint8{1, 0, Ignored, 1},
		}
		if err := c.Add(m); err != nil {
			t.Fatal(err)
		}
		all, err := c.Measures()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	low, high := measure(0.1), measure(0.95)
	if low.All.Micro.Total() != 3 || !low.All.Micro.Equal(high.All.Micro) ||
		!low.Inside.Images[0].Scores.Equal(high.Inside.Images[0].Scores) {
		t.Errorf("%+v and %+v", low.All, high.All)
	}
}

// TestTablesNameEachClass: the mean and each class have rows of their own, in CSV and JSON too, in the order of the
// classes, and run.json keeps them.
func TestTablesNameEachClass(t *testing.T) {
	c, _ := threeClasses(t)
	mean, classes, err := c.Measures()
	if err != nil {
		t.Fatal(err)
	}
	r := Result{
		RunID: "eyes-u-net", Status: Finished, Dataset: "Eyes", Architecture: "U-Net", Folds: 1, Seed: 1,
		Measures: mean, Classes: classes,
	}
	stored, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var read Result
	if err := json.Unmarshal(stored, &read); err != nil {
		t.Fatal(err)
	}
	other := read
	other.RunID, other.Seed = "eyes-u-net-seed2", 2
	table, err := Table(Others, []Result{other, read})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range table.mainRows() {
		rows = append(rows, row.Cells["dataset"].Text)
	}
	if got := strings.Join(rows, ", "); got != "Eyes (mean of 2 classes), Eyes (disc), Eyes (cup)" {
		t.Errorf("rows of %s", got)
	}
	text, err := table.CSV()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "\nEyes (disc),U-Net,ours,") || !strings.Contains(table.Markdown(), "| Eyes (cup) |") {
		t.Errorf("CSV:\n%s", text)
	}
	if !strings.Contains(strings.Join(table.Notes, "\n"), "the most probable one, each against the rest") ||
		strings.Contains(strings.Join(table.Notes, "\n"), "threshold 0.5") {
		t.Errorf("notes %q", table.Notes)
	}
	for _, row := range table.mainRows() { // of the mean too
		low, f1, high := row.Cells["f1_low"].Value, row.Cells["f1"].Value, row.Cells["f1_high"].Value
		if !(low <= f1 && f1 <= high) {
			t.Errorf("%s has F1 %g from %g to %g", row.Cells["dataset"].Text, f1, low, high)
		}
	}
	costs, err := Table(4, []Result{read})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(costs.Markdown(), "disc") {
		t.Error("a network's parameters are counted for each class")
	}
}

// TestIntervalOfTheMeanOfClasses: an image that is drawn is drawn in every class, and the mean leaves out a class of
// which neither truth nor prediction has a pixel.
func TestIntervalOfTheMeanOfClasses(t *testing.T) {
	class := func(name string, hits ...int64) ClassMeasures {
		var m Measures
		for i, n := range hits {
			m.Inside.Images = append(m.Inside.Images, ImageScores{
				fmt.Sprint(i), measures.Scores{Counts: measures.Counts{TP: n, FN: 100 - n, TN: 100}},
			})
		}
		return ClassMeasures{name, m}
	}
	empty := class("empty", 0, 0, 0, 0)
	for i := range empty.Measures.Inside.Images {
		empty.Measures.Inside.Images[i].Scores.Counts = measures.Counts{TN: 200}
	}
	// What one class gains on an image the other loses: the mean F1 of 20 and 80 hits of 100, and almost the same
	// where they are mixed, while the F1 of one class alone goes from 1/3 to 8/9.
	classes := []ClassMeasures{class("disc", 20, 80, 20, 80), class("cup", 80, 20, 80, 20), empty}
	all := EachClass([]Result{{Status: Finished, Measures: classes[0].Measures, Classes: classes}})
	mean, disc := group{&all[0]}.interval(measures.F1.Counts), group{&all[1]}.interval(measures.F1.Counts)
	if mean.Low < 0.61 || mean.High > 0.67 || mean.High-mean.Low < 1e-3 {
		t.Errorf("the mean is from %g to %g", mean.Low, mean.High)
	}
	result := Result{Status: Finished, Measures: classes[0].Measures, Classes: classes}
	if got := F1Interval(&result); got != mean {
		t.Errorf("the mean of a result as it was read is from %g to %g", got.Low, got.High)
	}
	if pooled, _ := Intervals(&result, measures.F1); pooled != mean {
		t.Errorf("on a card the mean is from %g to %g", pooled.Low, pooled.High)
	}
	// Two runs of one network: their mean is surer than each of them.
	other := Result{Status: Finished, Seed: 2, Measures: class("disc", 80, 20, 80, 20).Measures}
	one := Result{Status: Finished, Seed: 1, Measures: class("disc", 20, 80, 20, 80).Measures}
	if both := F1Interval(&one, &other); both.High-both.Low > 0.1 {
		t.Errorf("the mean of two runs is from %g to %g", both.Low, both.High)
	}
	if disc.Low > 0.34 || disc.High < 0.88 {
		t.Errorf("disc is from %g to %g", disc.Low, disc.High)
	}
}

// TestClassImagesAreChecked: what is no class is named.
func TestClassImagesAreChecked(t *testing.T) {
	c := NewClassCollector([]string{"a", "b", "c"}, Options{})
	defer func() { _ = c.Close() }()
	for want, m := range map[string]ClassImage{
		"pixel x=1 y=0: class 3, want 0 to 2": {Probabilities: make([]float32, 6), Truth: []uint8{0, 3}},
		"class 255":                           {Probabilities: make([]float32, 6), Truth: []uint8{0, 255}},
		"4 probabilities":                     {Probabilities: make([]float32, 4), Truth: []uint8{0, 1}},
	} {
		m.ID, m.Width, m.Height = "x", 2, 1
		if err := c.Add(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected one with %s", err, want)
		}
	}
}

func TestOfEquallyProbableClassesTheFirstIsTaken(t *testing.T) {
	got := MostProbable([]float32{0.4, 0.2, 0.4, 0.4, 0.2, 0.4}, 2)
	if got[0] != 0 || got[1] != 1 {
		t.Errorf("classes %v", got)
	}
}
