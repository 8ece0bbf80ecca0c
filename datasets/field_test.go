package datasets

import (
	"image"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMasksThatAreNoFieldsOfViewAreRefused opens each copy twice, because what was decoded once is in the cache.
func TestMasksThatAreNoFieldsOfViewAreRefused(t *testing.T) {
	each := func(f func(v uint8) uint8) func(made, _ []uint8, w, h int) []uint8 {
		return func(made, _ []uint8, _, _ int) []uint8 {
			out := make([]uint8, len(made))
			for i, v := range made {
				out[i] = f(v)
			}
			return out
		}
	}
	for what, c := range map[string]struct {
		mask          func(made, label []uint8, w, h int) []uint8
		err, warnings string
	}{
		"black":    {each(func(uint8) uint8 { return 0 }), "this field-of-view mask is black", ""},
		"white":    {each(func(uint8) uint8 { return 1 }), "this field-of-view mask is white", ""},
		"inverted": {each(func(v uint8) uint8 { return 1 - v }), "this field-of-view mask is inverted", ""},
		"a label":  {func(_, label []uint8, _, _ int) []uint8 { return label }, "this is no field-of-view mask", ""},
		"too small": {func(made, _ []uint8, w, _ int) []uint8 {
			out := slices.Clone(made)
			for i := range out {
				if i%w < w/3 {
					out[i] = 0
				}
			}
			return out
		}, "", "and 3 other images disagree with the bright part of the images (Dice 0.8"},
		"sound": {each(func(v uint8) uint8 { return v }), "", ""},
	} {
		root := brokenCopy(t, "CHASE_DB1", func(dir string) {
			masked(t, dir, matchCHASE, func(id string) string { return "masks/" + id + ".png" }, c.mask)
		})
		config := phantomConfigs["CHASE_DB1"]
		config.Cache = t.TempDir()
		for range 2 {
			ds, err := Open(t.Context(), config, root, 1)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			err = first(t, ds).Prepare(t.Context())
			at := filepath.Join("CHASE_DB1", "masks", "Image_")
			named := err != nil && strings.Contains(err.Error(), c.err) && strings.Contains(err.Error(), at)
			if (c.err == "") != (err == nil) || c.err != "" && !named {
				t.Errorf("%s: %v", what, err)
			}
			got := strings.Join(ds.Facts().Warnings, "\n")
			if (got == "") != (c.warnings == "") || !strings.Contains(got, c.warnings) {
				t.Errorf("%s: warnings %q", what, got)
			}
		}
	}
}

// TestAMadeFieldOfViewThatIsNoDiscIsAWarning covers the dark border with light.
func TestAMadeFieldOfViewThatIsNoDiscIsAWarning(t *testing.T) {
	root := brokenCopy(t, "CHASE_DB1", func(dir string) {
		path := filepath.Join(dir, "Image_01L.jpg")
		m := decoded(t, path)
		writePNG(t, path, m.Width, m.Height, func(g *image.Gray) {
			for i := range g.Pix {
				if x, y := i%m.Width, i/m.Width; x > 30 && y > 30 && x < m.Width-30 && y < m.Height-30 {
					g.Pix[i] = uint8(100 + i%50)
				}
			}
		})
	})
	config := phantomConfigs["CHASE_DB1"]
	config.Cache = t.TempDir()
	for range 2 { // the second time from the cache
		ds, err := Open(t.Context(), config, root, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := first(t, ds).Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := ds.Facts().Warnings; len(got) != 1 ||
			!strings.Contains(got[0], "the field of view made from Image_01L is no disc") {
			t.Errorf("warnings %q", got)
		}
	}
}
