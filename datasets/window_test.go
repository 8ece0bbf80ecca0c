package datasets

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

// TestAWindowReadsValuesWithoutAWhite: signed samples need one, and nothing is said of lungs.
func TestAWindowReadsValuesWithoutAWhite(t *testing.T) {
	root := t.TempDir()
	for i := range 4 {
		m := raster.New(16, 16, 1, raster.Int16)
		for p := range 256 {
			v := int16(-500 + 10*p)
			if p == 255 {
				v += int16(i) // no two are the same
			}
			m.Data[2*p], m.Data[2*p+1] = byte(v), byte(v>>8)
		}
		must(t, os.MkdirAll(filepath.Join(root, "Wells-T", "images"), 0o777))
		f, err := os.Create(filepath.Join(root, "Wells-T", "images", fmt.Sprintf("%d.tif", i)))
		must(t, err)
		must(t, tiff.Encode(f, m, tiff.Options{}))
		must(t, f.Close())
		drawFile(t, filepath.Join(root, "Wells-T", "masks", fmt.Sprintf("%d.png", i)), 16, 16, 0, true)
	}
	c := cells(t)
	c.Images, c.Window, c.Normalize = "images/*.tif", [2]float64{0, 1000}, "none"
	ds, err := Open(t.Context(), c, root, 1)
	must(t, err)
	must(t, first(t, ds).Prepare(t.Context()))
	s, err := ds.Load(t.Context(), "0")
	must(t, err)
	for p, want := range map[int]float64{0: 0, 50: 0, 100: 0.5, 150: 1, 255: 1} {
		if got := float64(s.Image[p]); math.Abs(got-want) > 1e-4 {
			t.Errorf("value %d became %g, expected %g", -500+10*p, got, want)
		}
	}
	if w := ds.Facts().Warnings; len(w) > 0 {
		t.Error(w)
	}
	r, err := first(t, ds).Recipe(t.Context())
	must(t, err)
	if s, err = r.Read(t.Context(), filepath.Join(root, "Wells-T", "images", "1.tif")); err != nil || s.Doubt != "" {
		t.Errorf("an image of the same kind: %v, %q", err, s.Doubt)
	}

	c.Window, c.Cache = [2]float64{}, t.TempDir()
	ds, err = Open(t.Context(), c, root, 1)
	must(t, err)
	if err := first(t, ds).Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), "set window") {
		t.Errorf("without a window: %v", err)
	}
}
