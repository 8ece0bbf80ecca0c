package datasets

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets/files"
)

// relabelled is a copy of ISIC 2017 whose labels have been written again, the i-th by paint.
func relabelled(t *testing.T, paint func(i int, name string, mask []uint8, w, h int)) (root string) {
	t.Helper()
	return brokenCopy(t, "ISIC2017", func(dir string) {
		labels, err := filepath.Glob(filepath.Join(dir, "*Training_Part1_GroundTruth", "*_segmentation.png"))
		if err != nil || len(labels) != 4 {
			t.Fatal(labels, err)
		}
		slices.SortFunc(labels, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
		for i, name := range labels {
			m, err := files.Picture(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			mask, err := m.Binary()
			if err != nil {
				t.Fatal(err)
			}
			paint(i, name, mask, m.Width, m.Height)
		}
	})
}

// greys writes a label with two greys.
func greys(t *testing.T, name string, mask []uint8, w, h int, low, high uint8) {
	writePNG(t, name, w, h, func(m *image.Gray) {
		for k, v := range mask {
			m.Pix[k] = []uint8{low, high}[v]
		}
	})
}

// prepare opens ISIC 2017, reads everything, and gives what was warned of.
func prepare(t *testing.T, root string, threshold float64) ([]string, *Dataset, error) {
	t.Helper()
	ds, err := Open(t.Context(), Config{
		Name: "ISIC2017", Size: Square(64), Cache: t.TempDir(), LabelThreshold: threshold,
	}, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	err = first(t, ds).Prepare(t.Context())
	return ds.Facts().Warnings, ds, err
}

func TestWhatLabelsShowTogetherIsAWarning(t *testing.T) {
	type paint = func(i int, name string, mask []uint8, w, h int)
	values := func(pairs ...[2]uint8) paint {
		return func(i int, name string, mask []uint8, w, h int) {
			p := pairs[min(i, len(pairs)-1)]
			greys(t, name, mask, w, h, p[0], p[1])
		}
	}
	for what, c := range map[string]struct {
		paint paint
		want  string // "" = no warning
	}{
		"all black":             {values([2]uint8{0, 0}), "nothing is labelled in any of the 4 labels, such as ISIC-2017_"},
		"all white":             {values([2]uint8{255, 255}), "everything is labelled in each of the 4 labels"},
		"one black":             {values([2]uint8{0, 0}, [2]uint8{0, 255}), "nothing is labelled in 1 of 4 labels, such as ISIC-2017_"},
		"0/1 beside 0/255":      {values([2]uint8{0, 1}, [2]uint8{0, 255}), ""},
		"0/1 beside 0/2":        {values([2]uint8{0, 1}, [2]uint8{0, 2}), "2 in 3 (such as"},
		"0/255 beside 128/255":  {values([2]uint8{0, 255}, [2]uint8{128, 255}), "what is not labelled"},
		"nearly white":          {values([2]uint8{4, 250}, [2]uint8{0, 255}), ""},
		"only 2 beside 0 and 2": {values([2]uint8{2, 2}, [2]uint8{0, 2}), "the only value of 1 labels"},
	} {
		warnings, ds, err := prepare(t, relabelled(t, c.paint), 0)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if c.want == "" && len(warnings) > 0 ||
			c.want != "" && !strings.Contains(strings.Join(warnings, "\n"), c.want) {
			t.Errorf("%s: warnings %q lack %q", what, warnings, c.want)
		}
		if strings.Contains(strings.Join(warnings, "\n"), ds.copy.Dir) {
			t.Errorf("%s: %q name a place", what, warnings)
		}
		// A second process finds everything in the cache, and warns of the same.
		again, err := Open(t.Context(), Config{Name: "ISIC2017", Size: Square(64), Cache: ds.config.Cache},
			filepath.Dir(ds.copy.Dir), 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := first(t, again).Prepare(t.Context()); err != nil || !slices.Equal(again.Facts().Warnings, warnings) {
			t.Errorf("%s: from the cache: %q, %v; before %q", what, again.Facts().Warnings, err, warnings)
		}
	}
}

func TestLabelThresholdReadsSoftAndLossyLabels(t *testing.T) {
	var want [][]uint8
	root := relabelled(t, func(i int, name string, mask []uint8, w, h int) {
		want = append(want, mask)
		m := image.NewGray(image.Rect(0, 0, w, h))
		for k, v := range mask {
			m.Pix[k] = 20 + 200*v
		}
		if i == 0 { // a soft edge
			m.Pix[0], m.Pix[1] = 127, 129
			mask[0], mask[1] = 0, 1
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if i > 0 { // the ending does not matter
			b.Reset()
			if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	})
	if _, _, err := prepare(t, root, 0); err == nil || !strings.Contains(err.Error(), "label-threshold = 0.5") {
		t.Errorf("without threshold: %v, which does not name label-threshold", err)
	}
	ds, err := Open(t.Context(), Config{Name: "ISIC2017", Cache: t.TempDir(), LabelThreshold: 0.5}, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range ds.copy.Entries[:len(want)] {
		s, err := ds.Load(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		differ := 0
		for k, v := range s.Truth {
			if v != want[i][k] {
				differ++
			}
		}
		if i == 0 && differ > 0 || differ > len(s.Truth)/200 {
			t.Errorf("%s: %d of %d pixels differ", e.ID, differ, len(s.Truth))
		}
	}
}

func TestLabelThresholdRefusesZeroAndOne(t *testing.T) {
	root := relabelled(t, func(_ int, name string, mask []uint8, w, h int) { greys(t, name, mask, w, h, 0, 1) })
	if _, _, err := prepare(t, root, 0.5); err == nil || !strings.Contains(err.Error(), "_segmentation.png") ||
		!strings.Contains(err.Error(), "the values 0 and 1") {
		t.Error(err)
	}
}

// TestTurnedImagesAreAWarningWhereSizesDoNotShowIt: a photograph that is to be turned by half a circle fits labels of
// both kinds.
func TestTurnedImagesAreAWarningWhereSizesDoNotShowIt(t *testing.T) {
	for _, c := range []struct {
		orientation byte
		opens, want string
	}{
		{1, "", ""},
		{3, "", "1 of 6 images, such as ISIC-2017_"},
		{6, "its orientation tag has turned it", ""},
	} {
		root := brokenCopy(t, "ISIC2017", func(dir string) {
			images, err := filepath.Glob(filepath.Join(dir, "*Training_Data", "*.jpg"))
			if err != nil || len(images) == 0 {
				t.Fatal(err)
			}
			data, err := os.ReadFile(images[0])
			if err != nil {
				t.Fatal(err)
			}
			exif := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01" +
				"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
			exif[29] = c.orientation
			if err := os.WriteFile(images[0], slices.Concat(data[:2], exif, data[2:]), 0o666); err != nil {
				t.Fatal(err)
			}
		})
		ds, err := Open(t.Context(), Config{Name: "ISIC2017", Size: Square(64), Cache: t.TempDir()}, root, 1)
		if c.opens != "" {
			if err == nil || !strings.Contains(err.Error(), c.opens) {
				t.Errorf("orientation %d: %v", c.orientation, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ds.Facts().Warnings, "\n"); (c.want == "") != (got == "") ||
			!strings.Contains(got, c.want) {
			t.Errorf("orientation %d: warnings %q, want %q", c.orientation, got, c.want)
		}
	}
}

// TestClassesInColourAreRefused: red and green stand for two classes, which is no label of one structure.
func TestClassesInColourAreRefused(t *testing.T) {
	root := relabelled(t, func(_ int, name string, mask []uint8, w, h int) {
		m := image.NewNRGBA(image.Rect(0, 0, w, h))
		for k, v := range mask {
			c := color.NRGBA{A: 255}
			if v == 1 {
				c.R = 128
			} else if k < w {
				c.G = 128
			}
			m.SetNRGBA(k%w, k/w, c)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	})
	for _, threshold := range []float64{0, 0.2} {
		if _, _, err := prepare(t, root, threshold); err == nil || !strings.Contains(err.Error(), "(0,128,0)") {
			t.Errorf("label-threshold = %g: %v", threshold, err)
		}
	}
}

func TestInvertedLabelsAreRecognized(t *testing.T) {
	label := func(file string, labelled, corners int) LabelFacts {
		return LabelFacts{File: file, Labelled: labelled, Total: 100, Corners: corners}
	}
	for _, c := range []struct {
		labels []LabelFacts
		says   string
	}{
		{[]LabelFacts{label("a", 30, 0), label("b", 90, 4), label("c", 10, 0)}, ""},
		{[]LabelFacts{label("a", 30, 0), label("b", 90, 4), label("c", 80, 3)}, "2 of 3 labels look inverted: three corners of the image or all are labelled, such as b"},
		{[]LabelFacts{label("a", 70, 0), label("b", 90, 0)}, "80 % of all pixels are labelled, most of them in b"},
		{[]LabelFacts{label("a", 100, 4), label("b", 0, 0)}, ""},
	} {
		if got := InvertedLabels(c.labels); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%v: %q, want %q", c.labels, got, c.says)
		}
	}
	for _, c := range []struct {
		labels []LabelFacts
		says   string
	}{
		{
			[]LabelFacts{label("a", 12, 0), label("b", 88, 4), label("c", 10, 0), label("d", 9, 0)},
			"b looks inverted: 88 % of the pixels are labelled, corners among them, and at most 12 % in any of the rest",
		},
		{
			[]LabelFacts{label("a", 12, 0), label("f", 91, 4), label("b", 88, 3), label("c", 10, 0), label("d", 9, 0)},
			"2 of 5 labels, such as b, look inverted: at least 88 % of the pixels are labelled, corners among them, and " +
				"at most 12 % in any of the rest",
		},
		{[]LabelFacts{label("a", 12, 0), label("b", 88, 4), label("c", 50, 0), label("d", 9, 0)}, ""}, // large objects
		{[]LabelFacts{label("a", 12, 0), label("b", 88, 2), label("c", 10, 0), label("d", 9, 0)}, ""},
		{[]LabelFacts{label("a", 12, 0), label("b", 55, 4), label("c", 10, 0), label("d", 9, 0)}, ""},
		{[]LabelFacts{label("a", 12, 0), label("b", 100, 4), label("c", 10, 0), label("d", 9, 0)}, ""}, // everything
		{[]LabelFacts{label("a", 0, 0), label("b", 84, 3), label("c", 0, 0), label("d", 0, 0)}, ""},    // nothing
		{[]LabelFacts{label("a", 12, 0), label("b", 88, 4)}, ""},                                       // too few
	} {
		if got := OddLabels(c.labels); got != c.says {
			t.Errorf("%v: %q, want %q", c.labels, got, c.says)
		}
	}
	var l LabelFacts
	if l.Count([]uint8{1, 0, 1, 0, 0, 0, 1, 1, 0}, 3); l.Corners != 3 || l.Labelled != 4 || l.Total != 9 {
		t.Errorf("%+v", l)
	}
}
