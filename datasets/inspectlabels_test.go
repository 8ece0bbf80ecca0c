package datasets

import (
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// drawGreys draws a label of 32×32 px whose quarters have the given values, the first all the rest.

func drawGreys(t *testing.T, path string, values ...uint8) {
	t.Helper()
	drawFile(t, path, 32, 32, 0, true) // makes the folder
	writePNG(t, path, 32, 32, func(m *image.Gray) {
		for i := range m.Pix {
			m.Pix[i] = values[0]
			if k := i / 256; k > 0 && k < len(values) {
				m.Pix[i] = values[k]
			}
		}
	})
}

// labelledAs inspects a folder whose i-th label has the i-th values.
func labelledAs(t *testing.T, values ...[]uint8) (*Inspection, string) {
	t.Helper()
	root := t.TempDir()
	for i, v := range values {
		drawFile(t, filepath.Join(root, "Own", "images", fmt.Sprintf("%d.png", i)), 32, 32, i, false)
		drawGreys(t, filepath.Join(root, "Own", "masks", fmt.Sprintf("%d.png", i)), v...)
	}
	in, err := Inspect(t.Context(), filepath.Join(root, "Own"))
	must(t, err)
	return in, root
}

// TestLabelsOfSeveralWhitesAreRead: as docs/datasets.md has it, white is 255 or 1, in one dataset, too.
func TestLabelsOfSeveralWhitesAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		values          [][]uint8
		classes, ignore string
		note            string
	}{
		"0 and 1, 0 and 255":       {[][]uint8{{0, 1}, {0, 255}, {0, 1}, {0, 255}}, "[]", "", "not all the same: 0 in 4, 1 in 2, 255 in 2; what is light"},
		"nearly white":             {[][]uint8{{0, 254}, {0, 255}, {0, 1}}, "[]", "", "not all the same"},
		"an empty one":             {[][]uint8{{0}, {0, 255}, {0, 1}}, "[]", "", "not all the same"},
		"0, 1 and 255 in a label":  {[][]uint8{{0, 1}, {0, 1, 255}, {0, 1}}, `["background", "class 1"]`, "255", "is taken for pixels that do not count"},
		"a value of its own":       {[][]uint8{{0, 1}, {0, 2}, {0, 1}}, `["background", "class 1", "class 2"]`, "", "labels have 3 values"},
		"three values in a label":  {[][]uint8{{0, 1, 2}, {0, 1}, {0, 2}}, `["background", "class 1", "class 2"]`, "", "labels have 3 values"},
		"two values, all the same": {[][]uint8{{0, 1}, {0, 1}, {0, 1}}, "[]", "", ""},
	} {
		in, root := labelledAs(t, c.values...)
		if got := in.Table.Classes.toml(); got != c.classes || string(in.Table.Ignore) != c.ignore ||
			in.Unclear || len(in.Warnings) > 0 || !strings.Contains(strings.Join(in.Notes, "\n"), c.note) {
			t.Errorf("%s: classes %s, ignore %s, notes %q, warnings %q", name, got, in.Table.Ignore, in.Notes,
				in.Warnings)
			continue
		}
		config := in.Table
		config.Cache = t.TempDir()
		ds, err := Open(t.Context(), config, root, 1)
		must(t, err)
		for i, values := range c.values {
			sample, err := ds.Load(t.Context(), fmt.Sprint(i))
			must(t, err)
			want := uint8(0)
			if len(values) > 1 {
				want = 1
			}
			if len(in.Table.Classes) > 0 {
				want = values[1]
			}
			if got := sample.Truth[256]; got != want || sample.Truth[0] != 0 {
				t.Errorf("%s: label %d: %d is read as %d, want %d", name, i, values, got, want)
			}
		}
	}
}

// TestAStrayValueOfLabelsIsAWarning with its pixels, and what to do about it.
func TestAStrayValueOfLabelsIsAWarning(t *testing.T) {
	stray := func(values ...uint8) *Inspection {
		_, root := labelledAs(t, []uint8{0, 255}, []uint8{0, 255}, []uint8{0, 255})
		dir := filepath.Join(root, "Own")
		writePNG(t, filepath.Join(dir, "masks", "1.png"), 32, 32, func(m *image.Gray) {
			for i := range 256 {
				m.Pix[i] = 255
			}
			for i, v := range values {
				m.SetGray(i, 31, color.Gray{Y: v})
			}
		})
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		return in
	}
	const begin = "a value of few pixels became a class, which may be a slip: "
	for want, values := range map[string][]uint8{
		begin + "254 has 1 pixel in 1 of 3 labels, such as masks/1.png; if so, correct such labels, or take its " +
			"class out and write ignore = 254": {254},
		begin + "7 has 2 pixels in 1 of 3 labels, such as masks/1.png; 9 has 1 pixel in 1 of 3 labels, such as " +
			"masks/1.png; if so, correct these labels, or, where they have soft edges, write label-threshold = 0.5 in " +
			"place of classes": {7, 9, 7},
	} {
		if in := stray(values...); !slices.Equal(in.Warnings, []string{want}) {
			t.Errorf("%q, want %q", in.Warnings, want)
		}
	}
	if in := stray(slices.Repeat([]uint8{100}, fewPixels)...); len(in.Warnings) > 0 || len(in.Table.Classes) != 3 {
		t.Errorf("a value of %d pixels: %q", fewPixels, in.Warnings)
	}
}

// TestFewPixelsAreThoseOfALabel, in the mean over the labels that have the value: three slips are no structure.
func TestFewPixelsAreThoseOfALabel(t *testing.T) {
	for pixels, want := range map[[3]int]string{
		{10, 10, 10}:                                  "100 has 30 pixels in 3 of 3 labels, such as masks/0.png",
		{fewPixels - 1, fewPixels, fewPixels}:         "100 has 47 pixels in 3 of 3 labels, such as masks/0.png",
		{fewPixels, fewPixels, fewPixels}:             "",
		{0, fewPixels - 1, fewPixels - 1}:             "100 has 30 pixels in 2 of 3 labels, such as masks/1.png",
		{fewPixels - 1, 0, fewPixels + 1}:             "",
		{2 * fewPixels, 2 * fewPixels, 2 * fewPixels}: "",
	} {
		_, root := labelledAs(t, []uint8{0, 255}, []uint8{0, 255}, []uint8{0, 255})
		dir := filepath.Join(root, "Own")
		for label, n := range pixels {
			writePNG(t, filepath.Join(dir, "masks", fmt.Sprintf("%d.png", label)), 32, 32, func(m *image.Gray) {
				for i := range 256 {
					m.Pix[i] = 255
				}
				for i := range n {
					m.Pix[512+i] = 100
				}
			})
		}
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		got := strings.Join(in.Warnings, "\n")
		if !strings.Contains(got, want) || want == "" && got != "" || len(in.Table.Classes) != 3 {
			t.Errorf("%v pixels: warnings %q, want %q", pixels, got, want)
		}
	}
}

func TestSwappedImagesAndLabelsAreAWarning(t *testing.T) {
	for swapped, folders := range map[bool][2]string{true: {"masks", "images"}, false: {"images", "masks"}} {
		dir := t.TempDir()
		for i := range 4 {
			drawFile(t, filepath.Join(dir, folders[0], fmt.Sprintf("%d.png", i)), 32, 32, i, false)
			drawFile(t, filepath.Join(dir, folders[1], fmt.Sprintf("%d.png", i)), 32, 32, i, true)
		}
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		if got := slices.Contains(in.Warnings, SwappedLabels); got != swapped || in.Table.Images != "images/*.png" {
			t.Errorf("swapped %v: images %q, warnings %q", swapped, in.Table.Images, in.Warnings)
		}
	}
}
