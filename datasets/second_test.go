package datasets

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets/phantom"
)

// TestLabelsAreThoseOfBothObservers: the second's are those that a dataset has as its truth if it is opened for them,
// cropped alike; they are nil where they are the truth and where images are resized.
func TestLabelsAreThoseOfBothObservers(t *testing.T) {
	root := brokenCopy(t, "STARE", func(string) {})
	with := func(change func(c *Config)) *Dataset {
		t.Helper()
		ds, err := opened(t, "STARE", root, change)
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	one, two := with(nil), with(func(c *Config) { c.Observer = 2 })
	resized := with(func(c *Config) { *c = Config{Name: "STARE", Size: Square(48), Cache: c.Cache} })
	for _, id := range first(t, one).Train {
		a, err := one.Load(t.Context(), id)
		must(t, err)
		b, err := two.Load(t.Context(), id)
		must(t, err)
		truth, second, fov, size, err := one.Labels(t.Context(), id)
		must(t, err)
		if !slices.Equal(truth, a.Truth) || !slices.Equal(second, b.Truth) || !slices.Equal(fov, a.FOV) ||
			size != (Size{Width: a.Width, Height: a.Height}) || slices.Equal(truth, second) {
			t.Errorf("%s: labels are not those of the observers", id)
		}
		for what, ds := range map[string]*Dataset{"of the second observer": two, "resized": resized} {
			truth, second, _, size, err := ds.Labels(t.Context(), id)
			if err != nil || second != nil || len(truth) != size.Width*size.Height {
				t.Errorf("%s, %s: %d and %d labels of %v, %v", id, what, len(truth), len(second), size, err)
			}
		}
	}
}

// TestLabelsAreCroppedAsImagesAre: DRIVE's square begins some rows below the upper edge.
func TestLabelsAreCroppedAsImagesAre(t *testing.T) {
	dir := t.TempDir()
	options := phantom.Options{Seed: 5, Images: 4, Shrink: 1}
	must(t, DrawPhantom(t.Context(), "DRIVE", filepath.Join(dir, "DRIVE"), options))
	square := func(observer int) *Dataset {
		t.Helper()
		ds, err := opened(t, "DRIVE", dir, func(c *Config) { c.Crop, c.Observer = "square", observer })
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	one := square(1)
	id := first(t, one).Test[0]
	want, err := square(2).Load(t.Context(), id)
	must(t, err)
	_, second, _, size, err := one.Labels(t.Context(), id)
	if err != nil || size.Width != size.Height || !slices.Equal(second, want.Truth) {
		t.Errorf("%d labels of %v, %v, are not those of the second observer's dataset", len(second), size, err)
	}
}

func TestLabelOfAnotherSizeThanItsImageIsAnError(t *testing.T) {
	root := brokenCopy(t, "CHASE_DB1", func(dir string) {
		found, err := filepath.Glob(filepath.Join(dir, "*_2ndHO.png"))
		if err != nil || len(found) == 0 {
			t.Fatal(found, err)
		}
		for _, path := range found {
			must(t, os.Remove(path))
			writePNG(t, path, 20, 30, func(m *image.Gray) { m.SetGray(3, 4, color.Gray{Y: 255}) })
		}
	})
	ds, err := opened(t, "CHASE_DB1", root, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, second, _, _, err := ds.Labels(t.Context(), first(t, ds).Test[0])
	if err == nil || second != nil || !strings.Contains(err.Error(), "is 20×30 px, but its image") {
		t.Errorf("%d labels, %v", len(second), err)
	}
}
