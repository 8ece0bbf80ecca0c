package score

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/measures"
	"r2unet/experiments/marks"
)

// TestThresholdIsThatOfThePictures: 2 of 3 foreground pixels reach 0.7, and a third 0.5, as does one of the others.
func TestThresholdIsThatOfThePictures(t *testing.T) {
	for name, c := range map[string]struct {
		marked, given float64
		f1            float64
		note          string
	}{
		"marked":           {marked: 0.7, f1: 0.8, note: "threshold 0.7, with which segment made these pictures"},
		"marked and given": {marked: 0.7, given: 0.5, f1: 6. / 7, note: "threshold 0.5."},
		"neither":          {f1: 6. / 7, note: "threshold 0.5, unless -threshold gives another"},
	} {
		dir := t.TempDir()
		draw(t, filepath.Join(dir, "truth", "a.png"), 8, values{255, 255, 255, 0, 0, 0})
		path := filepath.Join(dir, "out", "a_probability.png")
		draw(t, path, 8, values{255, 200, 140, 140, 0, 0})
		draw(t, filepath.Join(dir, "out", "a_mask.png"), 8, values{255, 255, 0, 0, 0, 0})
		if c.marked != 0 {
			content, err := os.ReadFile(path)
			if err == nil {
				content, err = marks.Sign(content, marks.Mark{Threshold: c.marked})
			}
			if err == nil {
				err = os.WriteFile(path, content, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		r, err := Run(t.Context(), Options{
			Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "out")}, Threshold: c.given,
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s := r.Scored[0]
		if got := s.Measures.Inside.Micro.Of(measures.F1); got < c.f1-1e-9 || got > c.f1+1e-9 {
			t.Errorf("%s: F1 %g, want %g", name, got, c.f1)
		}
		if notes := strings.Join(r.notes(&s), "\n"); !strings.Contains(notes, c.note) {
			t.Errorf("%s: %s\nwithout %q", name, notes, c.note)
		}
	}
}
