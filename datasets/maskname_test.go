package datasets

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets/files"
	"r2unet/datasets/fov"
	"r2unet/datasets/raster"
)

// masked lays a mask beside each image of a copy: path says where, change what becomes of the one made from the image.
func masked(
	t *testing.T, dir string, match func(string) (files.Match, bool), path func(id string) string,
	change func(made, label []uint8, w, h int) []uint8,
) {
	t.Helper()
	paths, _, err := files.Search(dir)
	if err != nil {
		t.Fatal(err)
	}
	entries, _, _ := files.Pair(paths, match)
	for _, e := range entries {
		picture := decoded(t, filepath.Join(dir, e.Image))
		label, err := decoded(t, filepath.Join(dir, e.Label)).Binary()
		if err != nil {
			t.Fatal(err)
		}
		w, h := picture.Width, picture.Height
		mask := change(fov.Generate(picture), label, w, h)
		to := filepath.Join(dir, filepath.FromSlash(path(e.ID)))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		writePNG(t, to, w, h, func(m *image.Gray) {
			for i, v := range mask {
				m.SetGray(i%w, i/w, color.Gray{Y: 255 * v})
			}
		})
	}
}

func decoded(t *testing.T, path string) *raster.Image {
	t.Helper()
	m, err := files.Picture(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// smaller is a mask with a border of its own, so that a test sees which one was taken.
func smaller(made, _ []uint8, w, _ int) []uint8 {
	out := slices.Clone(made)
	for i := range out {
		if x := i % w; x < w/8 {
			out[i] = 0
		}
	}
	return out
}

// TestMasksLaidBesideTheImagesAreUsed has the names that public copies have.
func TestMasksLaidBesideTheImagesAreUsed(t *testing.T) {
	number := func(id string) string { return id[:2] }
	for _, c := range []struct {
		dataset string
		path    func(id string) string
	}{
		{"STARE", func(id string) string { return "mask/" + id + ".png" }},
		{"STARE", func(id string) string { return "masks/stare-images/" + id + ".png" }},
		{"STARE", func(id string) string { return "mask/" + id + "_mask.png" }},
		{"STARE", func(id string) string { return "STARE_FOV/" + id + ".fov.png" }},
		{"CHASE_DB1", func(id string) string { return "masks/" + id + ".png" }},
		{"CHASE_DB1", func(id string) string { return "masks/" + id + ".gif" }}, // its content tells the format
		{"CHASE_DB1", func(id string) string { return id + "_mask.png" }},
		{"CHASE_DB1", func(id string) string { return "FOV/" + strings.ToUpper(id) + ".PNG" }},
		{"DRIVE", func(id string) string { return "mask/" + number(id) + "_mask.gif" }},
		{"DRIVE", func(id string) string { return "mask/" + id + "_mask.png" }},
		{"DRIVE", func(id string) string { return "masks/" + id + ".png" }},
		{"DRIVE", func(id string) string { return "mask/" + number(id) + ".png" }},
	} {
		d, err := Describe(c.dataset)
		if err != nil {
			t.Fatal(err)
		}
		where := c.path("IM")
		root := brokenCopy(t, c.dataset, func(dir string) {
			for _, shipped := range []string{"training/mask", "test/mask"} {
				if err := os.RemoveAll(filepath.Join(dir, shipped)); err != nil {
					t.Fatal(err)
				}
			}
			masked(t, dir, d.Match, c.path, smaller)
		})
		config := phantomConfigs[c.dataset]
		config.Cache = t.TempDir()
		ds, err := Open(t.Context(), config, root, 1)
		if err != nil {
			t.Errorf("%s %s: %v", c.dataset, where, err)
			continue
		}
		if err := first(t, ds).Prepare(t.Context()); err != nil {
			t.Errorf("%s %s: %v", c.dataset, where, err)
			continue
		}
		fold, _ := ds.Fold(0)
		s, err := ds.Load(t.Context(), fold.Test[0])
		if err != nil {
			t.Fatal(err)
		}
		column := s.FOV[s.Height/2*s.Width+s.Width/9]
		if facts := ds.Facts(); facts.FOV != "file" || len(facts.Notes)+len(facts.Warnings) > 0 ||
			s.FOVSource != "file" || column != 0 {
			t.Errorf("%s %s: fields of view from %q, mask %q, notes %q, warnings %q",
				c.dataset, where, facts.FOV, s.FOVSource, facts.Notes, facts.Warnings)
		}
	}
}
