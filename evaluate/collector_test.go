package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"r2unet/evaluate/measures"
)

// randomImage returns an image whose probabilities correlate with its truth, with a disc as field of view.
func randomImage(id string, width, height int, seed uint64) Image {
	random := rand.New(rand.NewPCG(seed, 1))
	m := Image{
		ID: id, Width: width, Height: height,
		Probabilities: make([]float32, width*height),
		Truth:         make([]uint8, width*height),
		FOV:           make([]uint8, width*height),
	}
	for i := range m.Probabilities {
		x, y := float64(i%width)/float64(width)-0.5, float64(i/width)/float64(height)-0.5
		if x*x+y*y < 0.23 {
			m.FOV[i] = 1
		}
		logit := random.NormFloat64() - 2
		if random.Float64() < 0.12 {
			m.Truth[i] = 1
			logit += 3
		}
		m.Probabilities[i] = float32(1 / (1 + math.Exp(-logit)))
	}
	return m
}

// naiveAUC computes AUC by counting pairs.
func naiveAUC(m Image) float64 {
	right, pairs := 0.0, 0.0
	for i, p := range m.Probabilities {
		for j, q := range m.Probabilities {
			if m.FOV[i]*m.FOV[j] == 0 || m.Truth[i] == 0 || m.Truth[j] == 1 {
				continue
			}
			pairs++
			if p > q {
				right++
			} else if p == q {
				right += 0.5
			}
		}
	}
	return right / pairs
}

func TestAUCEqualsCountingPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.IntRange(1, 40).Draw(t, "levels")
		size := rapid.IntRange(1, 60).Draw(t, "size")
		m := Image{ID: "a", Width: size, Height: 1}
		for range size {
			m.Probabilities = append(m.Probabilities,
				float32(rapid.IntRange(0, levels).Draw(t, "score"))/float32(levels))
			m.Truth = append(m.Truth, uint8(rapid.IntRange(0, 1).Draw(t, "truth")))
			m.FOV = append(m.FOV, uint8(rapid.IntRange(0, 1).Draw(t, "fov")))
		}
		c := NewCollector(Options{MemoryPixels: rapid.IntRange(1, 80).Draw(t, "memory")})
		defer c.Close()
		if err := c.Add(m); err != nil {
			t.Fatal(err)
		}
		got, err := c.Measures()
		if err != nil {
			t.Fatal(err)
		}
		want := naiveAUC(m)
		for _, auc := range []float64{got.Inside.Micro.Of(measures.AUC), got.Inside.Images[0].Scores.Of(measures.AUC)} {
			if math.IsNaN(want) != math.IsNaN(auc) || math.Abs(want-auc) > 1e-12 {
				t.Fatalf("AUC %v, counting pairs gives %v", auc, want)
			}
		}
	})
}

func TestSpillingChangesNothing(t *testing.T) {
	var images []Image
	for i := range 5 {
		images = append(images, randomImage(fmt.Sprint("image", i), 31, 17, uint64(i)))
	}
	folder := t.TempDir()
	inMemory := measure(t, Options{}, images...)
	spilled := measure(t, Options{MemoryPixels: 100, TemporaryDir: folder}, images...)
	if diff := cmp.Diff(inMemory, spilled, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
}

func TestOrderOfImagesChangesNothing(t *testing.T) {
	a, b, c := randomImage("a", 20, 20, 1), randomImage("b", 10, 30, 2), randomImage("c", 7, 9, 3)
	if diff := cmp.Diff(measure(t, Options{}, a, b, c), measure(t, Options{}, c, a, b),
		cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
}

func TestInsideLooksOnlyAtTheFieldOfView(t *testing.T) {
	m := randomImage("a", 30, 30, 1)
	before := measure(t, Options{Extra: []*measures.Measure{measures.Hausdorff95, measures.CentrelineDice}}, m)
	for i := range m.Truth {
		if m.FOV[i] == 0 {
			m.Truth[i], m.Probabilities[i] = 1-m.Truth[i], 1-m.Probabilities[i]
		}
	}
	after := measure(t, Options{Extra: []*measures.Measure{measures.Hausdorff95, measures.CentrelineDice}}, m)
	if diff := cmp.Diff(before.Inside, after.Inside, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	if before.All.Micro.Of(measures.AUC) == after.All.Micro.Of(measures.AUC) {
		t.Error("pixels outside of the field of view do not count in All")
	}
}

func TestPerImageMeanLeavesOutUndefinedImages(t *testing.T) {
	empty := Image{ID: "empty", Width: 2, Height: 1, Probabilities: []float32{0.1, 0.2}, Truth: []uint8{0, 0}}
	half := Image{ID: "half", Width: 2, Height: 1, Probabilities: []float32{0.9, 0.2}, Truth: []uint8{1, 1}}
	scope := measure(t, Options{}, empty, half).Inside
	if scope.PerImage.Of(measures.Sensitivity) != 0.5 || scope.Undefined["se"] != 1 {
		t.Errorf("SE %v with %d images undefined, want 0.5 with 1", scope.PerImage.Of(measures.Sensitivity),
			scope.Undefined["se"])
	}
	if Defined(scope.PerImage.Of(measures.AUC)) || scope.Undefined["auc"] != 2 {
		t.Errorf("AUC %v, want undefined: no image has both classes", scope.PerImage.Of(measures.AUC))
	}
	if !Defined(scope.Micro.Of(measures.AUC)) {
		t.Error("AUC of all pixels is undefined, but both classes occur")
	}
}

func TestCollectorRefusesWhatItCannotMeasure(t *testing.T) {
	nan := float32(math.NaN())
	tests := []struct {
		name  string
		image Image
		want  string
	}{
		{
			"NaN",
			Image{ID: "x", Width: 2, Height: 1, Probabilities: []float32{0, nan}, Truth: []uint8{0, 1}},
			"image x: pixel x=1 y=0: score is NaN",
		},
		{
			"above 1",
			Image{ID: "x", Width: 1, Height: 1, Probabilities: []float32{1.5}, Truth: []uint8{0}},
			"1.5 is outside [0, 1]",
		},
		{
			"other size of truth",
			Image{ID: "x", Width: 2, Height: 1, Probabilities: []float32{0, 1}, Truth: []uint8{0}},
			"truth has 1 pixels, the image 2×1",
		},
		{
			"other size of FOV",
			Image{ID: "x", Width: 1, Height: 1, Probabilities: []float32{0}, Truth: []uint8{0}, FOV: []uint8{1, 1}},
			"field of view has 2 pixels",
		},
		{
			"label 255",
			Image{ID: "x", Width: 1, Height: 1, Probabilities: []float32{0}, Truth: []uint8{255}},
			"truth is 255, want 0 or 1",
		},
		{"no pixels", Image{ID: "x"}, "size 0×0 has no pixels"},
		{
			"twice",
			Image{ID: "good", Width: 1, Height: 1, Probabilities: []float32{0}, Truth: []uint8{0}},
			"image good: measured twice",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := NewCollector(Options{})
			if err := c.Add(Image{
				ID: "good", Width: 1, Height: 1, Probabilities: []float32{0.7}, Truth: []uint8{1},
			}); err != nil {
				t.Fatal(err)
			}
			err := c.Add(test.image)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			measured, err := c.Measures()
			if err != nil || measured.All.Micro.TP != 1 || measured.All.Micro.Total() != 1 {
				t.Errorf("the refused image left traces: %+v, %v", measured.All.Micro.Counts, err)
			}
		})
	}
}

func TestMeasuresSurviveJSON(t *testing.T) {
	want := measure(t, Options{}, randomImage("a", 20, 10, 1),
		Image{ID: "empty", Width: 1, Height: 1, Probabilities: []float32{0}, Truth: []uint8{0}})
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"auc":null`) {
		t.Error("the undefined AUC of the empty image is not null")
	}
	var got Measures
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
}

func TestCurveEndsAtBothCornersAndHoldsItsArea(t *testing.T) {
	c := NewCollector(Options{})
	defer c.Close()
	if err := c.Add(randomImage("a", 200, 200, 1)); err != nil {
		t.Fatal(err)
	}
	measured, err := c.Measures()
	if err != nil {
		t.Fatal(err)
	}
	curves, err := c.Curves()
	if err != nil {
		t.Fatal(err)
	}
	curve := curves.Inside
	if n := curve.Points(); n < 200 || n > 501 {
		t.Errorf("%d points, want at most about 500", n)
	}
	last := curve.Points() - 1
	if curve.TruePositiveRate[last] != 1 || curve.FalsePositiveRate[last] != 1 {
		t.Error("the curve does not end at (1, 1)")
	}
	area, x, y := 0.0, 0.0, 0.0
	for i := range curve.Points() {
		area += (curve.FalsePositiveRate[i] - x) * (curve.TruePositiveRate[i] + y) / 2
		x, y = curve.FalsePositiveRate[i], curve.TruePositiveRate[i]
	}
	if math.Abs(area-measured.Inside.Micro.Of(measures.AUC)) > 1e-4 {
		t.Errorf("area under the chosen points is %v, AUC %v", area, measured.Inside.Micro.Of(measures.AUC))
	}
}

// BenchmarkDRIVE measures the 20 test images of DRIVE, 565×584 pixels each.
func BenchmarkDRIVE(b *testing.B) {
	var images []Image
	for i := range 20 {
		images = append(images, randomImage(fmt.Sprint(i), 565, 584, uint64(i)))
	}
	b.ResetTimer()
	b.ReportAllocs()
	for b.Loop() {
		c := NewCollector(Options{})
		for _, m := range images {
			if err := c.Add(m); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := c.Measures(); err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
