package evaluate

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"r2unet/evaluate/measures"
)

// goldenCase is one case of testdata/metrics.json: measures computed by scikit-learn.
type goldenCase struct {
	Name      string
	Threshold float64
	Score     []float32
	Truth     []uint8
	Inside    []uint8
	Expect    map[string]*float64
}

// goldenCases reads the committed cases, or those in the file that the
// environment variable GOLDEN_METRICS names.
func goldenCases(t *testing.T) []goldenCase {
	t.Helper()
	path := os.Getenv("GOLDEN_METRICS")
	if path == "" {
		path = "testdata/metrics.json"
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no cases", path)
	}
	return cases
}

func measure(t *testing.T, options Options, images ...Image) Measures {
	t.Helper()
	c := NewCollector(options)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, image := range images {
		if err := c.Add(image); err != nil {
			t.Fatal(err)
		}
	}
	measures, err := c.Measures()
	if err != nil {
		t.Fatal(err)
	}
	return measures
}

func TestMeasuresAgreeWithScikitLearn(t *testing.T) {
	for _, c := range goldenCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			measured := measure(t, Options{Threshold: c.Threshold}, Image{
				ID: c.Name, Width: len(c.Score), Height: 1,
				Probabilities: c.Score, Truth: c.Truth, FOV: c.Inside,
			})
			got := measured.Inside.Micro
			if image := measured.Inside.Images[0].Scores; image.Of(measures.AUC) != got.Of(measures.AUC) &&
				Defined(got.Of(measures.AUC)) {
				t.Errorf("AUC of the only image is %v, of all pixels %v", image.Of(measures.AUC), got.Of(measures.AUC))
			}
			counts := map[string]int64{"tp": got.TP, "tn": got.TN, "fp": got.FP, "fn": got.FN}
			for key, want := range c.Expect {
				if count, ok := counts[key]; ok {
					if want == nil || float64(count) != *want {
						t.Errorf("%s = %d, want %v", key, count, want)
					}
					continue
				}
				at := slices.IndexFunc(measures.All(), func(m *measures.Measure) bool { return m.Key() == key })
				if at < 0 {
					t.Errorf("no measure %q", key)
					continue
				}
				compare(t, key, got.Of(measures.All()[at]), want)
			}
		})
	}
}

func compare(t *testing.T, key string, got float64, want *float64) {
	t.Helper()
	switch {
	case want == nil && Defined(got):
		t.Errorf("%s = %v, want undefined", key, got)
	case want != nil && !(math.Abs(got-*want) <= 1e-9):
		t.Errorf("%s = %v, want %v", key, got, *want)
	}
}
