package score

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
)

// values are the samples of a picture of one row.
type values []uint16

// draw writes a picture of one row in grey of 8 or 16 bits, or as a GIF.
func draw(t *testing.T, path string, bits int, row values) {
	t.Helper()
	r := image.Rect(0, 0, len(row), 1)
	var m image.Image
	if bits == 16 {
		grey := image.NewGray16(r)
		for x, v := range row {
			grey.SetGray16(x, 0, color.Gray16{Y: v})
		}
		m = grey
	} else {
		grey := image.NewGray(r)
		for x, v := range row {
			grey.SetGray(x, 0, color.Gray{Y: uint8(v)})
		}
		m = grey
	}
	var out bytes.Buffer
	err := png.Encode(&out, m)
	if strings.HasSuffix(path, ".gif") {
		out.Reset()
		err = gif.Encode(&out, m, nil)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err == nil {
		err = os.WriteFile(path, out.Bytes(), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestMasksAndProbabilitiesAreReadAlike: 2 of 3 foreground pixels are found, and 1 of 3 others is predicted, too.
func TestMasksAndProbabilitiesAreReadAlike(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		bits   int
		row    values
		linear bool
		masks  bool
	}{
		"mask of 0 and 255":     {"a_mask.png", 8, values{255, 255, 0, 255, 0, 0}, false, true},
		"mask of 0 and 1":       {"a_segmentation.png", 8, values{1, 1, 0, 1, 0, 0}, false, true},
		"mask of 16 bits":       {"a.png", 16, values{65535, 65535, 0, 65535, 0, 0}, false, true},
		"GIF":                   {"A_manual1.gif", 8, values{255, 255, 0, 255, 0, 0}, false, true},
		"8-bit probabilities":   {"a_probability.png", 8, values{200, 128, 127, 255, 3, 0}, false, false},
		"16-bit probabilities":  {"a_probability.png", 16, values{60000, 32768, 32767, 65535, 3, 0}, false, false},
		"linear probabilities":  {"a_pred.png", 16, values{60000, 32768, 32767, 65535, 3, 0}, true, false},
		"below another folder":  {"deep/a.png", 8, values{200, 128, 127, 255, 3, 0}, false, false},
		"faint, but not a mask": {"a.png", 8, values{200, 128, 1, 255, 1, 0}, false, false},
	} {
		dir := t.TempDir()
		draw(t, filepath.Join(dir, "truth", "a_manual1.png"), 8, values{255, 255, 255, 0, 0, 0})
		draw(t, filepath.Join(dir, "predicted", c.file), c.bits, c.row)
		r, err := Run(t.Context(), Options{
			Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "predicted")},
			Linear: c.linear,
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s := r.Scored[0]
		if got, want := s.Measures.Inside.Micro.Counts, (measures.Counts{TP: 2, FN: 1, FP: 1, TN: 2}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if s.Masks != c.masks {
			t.Errorf("%s: taken for masks: %t", name, s.Masks)
		}
	}
}

// TestMasksAmongProbabilitiesAreSaid: one picture's probabilities are missing, and its mask is in their place. A
// picture without foreground is not a mask for that.
func TestMasksAmongProbabilitiesAreSaid(t *testing.T) {
	for name, c := range map[string]struct {
		second values
		bits   int
		want   string
	}{
		"mask of 0 and 1":      {values{1, 1, 0, 1, 0, 0}, 8, "1 of 2 predictions, such as "},
		"mask of 16 bits":      {values{65535, 65535, 0, 65535, 0, 0}, 16, "1 of 2 predictions, such as "},
		"probabilities":        {values{90, 80, 0, 255, 0, 0}, 8, ""},
		"nothing to be seen":   {values{0, 0, 0, 0, 0, 0}, 8, ""},
		"as bright everywhere": {values{70, 70, 70, 70, 70, 70}, 8, ""},
	} {
		dir := t.TempDir()
		for _, id := range []string{"a", "b"} {
			draw(t, filepath.Join(dir, "truth", id+".png"), 8, values{255, 255, 255, 0, 0, 0})
		}
		draw(t, filepath.Join(dir, "predicted", "a.png"), 8, values{200, 128, 127, 255, 3, 0})
		draw(t, filepath.Join(dir, "predicted", "b_mask.png"), c.bits, c.second)
		r, err := Run(t.Context(), Options{
			Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "predicted")},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s := r.Scored[0]
		if s.Masks || (s.Mixed == "") != (c.want == "") || !strings.HasPrefix(s.Mixed, c.want) ||
			c.want != "" && !strings.Contains(strings.Join(r.notes(&s), "\n"), "warning: "+s.Mixed) {
			t.Errorf("%s: %q, masks %t", name, s.Mixed, s.Masks)
		}
	}
}

// TestLevelsOfSixteenBitsAreTheProjectsOrLinear: they differ at the ends.
func TestLevelsOfSixteenBitsAreTheProjectsOrLinear(t *testing.T) {
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "truth", "a.png"), 8, values{255, 0})
	draw(t, filepath.Join(dir, "predicted", "a.png"), 16, values{65535, 500})
	for linear, want := range map[bool]float64{
		true: 500. / 65535, false: math.Exp2(-48 + 41*500.5/512),
	} {
		r, err := Run(t.Context(), Options{
			Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "predicted")}, Linear: linear,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Scored[0].Measures.Inside.Micro.Of(measures.MSE); math.Abs(got-want*want/2) > 1e-9 {
			t.Errorf("linear %t: MSE %g, want %g", linear, got, want*want/2)
		}
	}
}

func TestSeveralClassesAreReadByTheirValues(t *testing.T) {
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "truth", "a.png"), 8, values{0, 0, 1, 1, 7, 7, 255})
	draw(t, filepath.Join(dir, "truth", "b.png"), 8, values{0, 0, 0, 0, 7, 7, 7})
	draw(t, filepath.Join(dir, "predicted", "a_mask.png"), 8, values{0, 1, 1, 1, 7, 0, 1})
	// as segment writes both
	draw(t, filepath.Join(dir, "predicted", "a_probability.png"), 16, values{0, 9, 9, 9, 9, 0, 9})
	draw(t, filepath.Join(dir, "predicted", "b_mask.png"), 8, values{0, 0, 0, 0, 7, 7, 7})
	o := Options{
		Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "predicted")}, Ignore: "255",
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Classes, " "); got != "0 1 7" {
		t.Errorf("classes %s", got)
	}
	want := []measures.Counts{{TP: 2, FP: 1, TN: 10}, {TP: 4, FN: 1, TN: 8}}
	for i, c := range r.Scored[0].Classes {
		if got := c.Measures.Inside.Micro.Counts; got != want[i] {
			t.Errorf("class %s: %+v, want %+v", c.Name, got, want[i])
		}
	}
	if got, want := r.Scored[0].Measures.Inside.Micro.Of(measures.F1), (4./5+8./9)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("F1 of both classes %g, want their mean %g", got, want)
	}
}

func TestTwoValuesWithIgnoredPixelsAreOneForeground(t *testing.T) {
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "truth", "a.png"), 8, values{0, 0, 1, 1, 255})
	draw(t, filepath.Join(dir, "predicted", "a.png"), 8, values{0, 200, 100, 200, 200})
	o := Options{
		Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "predicted")}, Ignore: "255",
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Ignore = "77"
	if _, err := Run(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "-ignore 77: no label has this value; they have 0, 1, 255") {
		t.Errorf("a value that no label has is ignored: %v", err)
	}
	want := measures.Counts{TP: 1, FN: 1, FP: 1, TN: 1}
	if got := r.Scored[0].Measures.Inside.Micro.Counts; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestTwoFoldersAreCompared: the second is better on each of six images, which has the chance 2/2⁶.
func TestTwoFoldersAreCompared(t *testing.T) {
	dir := t.TempDir()
	for i := range 6 {
		name := fmt.Sprintf("%d.png", i)
		draw(t, filepath.Join(dir, "truth", name), 8, values{255, 255, 255, 255, 0, 0, 0, 0})
		worse := values{255, 0, 0, 0, 0, 0, 0, 0}
		worse[4+i%4] = 255
		draw(t, filepath.Join(dir, "a", name), 8, worse)
		draw(t, filepath.Join(dir, "b", name), 8, values{255, 255, 255, 0, 0, 0, 0, 0})
		draw(t, filepath.Join(dir, "fov", name), 8, values{255, 255, 255, 255, 255, 255, 255, 0})
	}
	o := Options{
		Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")},
		FOV: filepath.Join(dir, "fov"),
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, d := range r.Differences {
		if d.Measure == measures.F1 {
			found = true
			if d.Images != 6 || d.P != 2./64 || d.Verdict() != "better" {
				t.Errorf("%+v: %s", d, d.Verdict())
			}
		}
	}
	if !found {
		t.Error("F1 is not compared")
	}
	if ci := r.Scored[0].Interval; !(ci.Low <= r.Scored[0].Measures.Inside.Micro.Of(measures.F1)) || ci.Low == ci.High {
		t.Errorf("interval %v", ci)
	}
	if counts := r.Scored[1].Measures.Inside.Micro.Counts; counts.Total() != 6*7 {
		t.Errorf("%d pixels inside the field of view, want 42", counts.Total())
	}
	checkFiles(t, r)
}

// checkFiles reads a report of two folders of six images back.
func checkFiles(t *testing.T, r *Report) {
	t.Helper()
	text, err := r.File("x.CSV")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 1+2*2*(2+6) {
		t.Errorf("CSV has %d rows: %v", len(rows), err)
	}
	if text, err = r.File("x.json"); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Scores []struct {
			Measures evaluate.Measures
			F1Low    float64 `json:"f1_low"`
		}
		Differences []struct{ Measure string }
	}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Scores) != 2 || len(back.Differences) == 0 || back.Scores[0].F1Low != r.Scored[0].Interval.Low ||
		back.Scores[1].Measures.Inside.Micro.Counts != r.Scored[1].Measures.Inside.Micro.Counts {
		t.Errorf("JSON reads %+v", back)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		draw func(dir string)
		edit func(o *Options)
		want []string
	}{
		"unpaired": {
			draw: func(dir string) {
				draw(t, dir+"/truth/lonely.png", 8, values{0, 255})
				draw(t, dir+"/predicted/other.png", 8, values{0, 255})
			},
			want: []string{"lonely.png has no picture", "other.png has no label"},
		},
		"two of one name": {
			draw: func(dir string) {
				draw(t, dir+"/predicted/a_pred.png", 8, values{0, 255})
				draw(t, dir+"/predicted/a_segmentation.png", 8, values{0, 255})
			},
			want: []string{"a.png and ", "a_pred.png are both of image a"},
		},
		"sizes": {
			draw: func(dir string) { draw(t, dir+"/predicted/a.png", 8, values{0, 255, 0}) },
			want: []string{"predicted/a.png has 3×1 pixels", "truth/a.png has 2×1"},
		},
		"threshold": {edit: func(o *Options) { o.Threshold = 1.5 }, want: []string{"-threshold 1.5"}},
		"ignore":    {edit: func(o *Options) { o.Ignore = "blue" }, want: []string{"-ignore", "blue"}},
		"no folder": {edit: func(o *Options) { o.Truth += "x" }, want: []string{"-truth", "truthx"}},
		"three":     {edit: func(o *Options) { o.Predictions = []string{"a", "b", "c"} }, want: []string{"expected one folder"}},
		"blurred label": {
			draw: func(dir string) {
				row := make(values, 100)
				for i := range row {
					row[i] = uint16(2 * i)
				}
				draw(t, dir+"/truth/a.png", 8, row)
			},
			want: []string{"truth/a.png", "more than 64 values"},
		},
		"class that labels lack": {
			draw: func(dir string) {
				draw(t, dir+"/truth/a.png", 8, values{0, 1, 2})
				draw(t, dir+"/predicted/a.png", 8, values{0, 1, 3})
			},
			want: []string{"predicted/a.png", "value 3 at column 2", "0, 1, 2"},
		},
	} {
		dir := t.TempDir()
		draw(t, dir+"/truth/a.png", 8, values{0, 255})
		draw(t, dir+"/predicted/a.png", 8, values{0, 255})
		if c.draw != nil {
			c.draw(dir)
		}
		o := Options{Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "predicted")}}
		if c.edit != nil {
			c.edit(&o)
		}
		_, err := Run(t.Context(), o)
		for _, want := range c.want {
			if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), want) {
				t.Errorf("%s: error %v does not say %q", name, err, want)
			}
		}
	}
}

func TestExactNamesPairBeforePlainOnes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "a_test.png"} { // two images, whose plain names are one
		draw(t, filepath.Join(dir, "truth", name), 8, values{0, 255})
		draw(t, filepath.Join(dir, "predicted", name), 8, values{0, 255})
	}
	r, err := Run(t.Context(), Options{
		Truth: filepath.Join(dir, "truth"), Predictions: []string{filepath.Join(dir, "predicted")},
	})
	if err != nil || r.Images != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	for path, want := range map[string]string{
		"x/01_test_mask.gif": "01", "21_manual1.gif": "21", "Image_01L_1stHO.png": "image_01l", "im0001.ah.ppm.gz": "im0001",
		"ISIC_0000001_segmentation.png": "isic_0000001", "mask.png": "mask", "_mask.png": "_mask", "unmask.png": "unmask",
	} {
		if got := plainName(path); got != want {
			t.Errorf("%s is of image %q, want %q", path, got, want)
		}
	}
}
