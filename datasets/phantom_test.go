package datasets

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// smallPhantom is a dataset of few drawn images, through files in the official layout.
func smallPhantom(t *testing.T, c Config) *Dataset {
	t.Helper()
	c.Cache = phantomCache
	ds, err := Open(t.Context(), c, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// phantomConfigs are small settings of each dataset.
var phantomConfigs = map[string]Config{
	"DRIVE":     {Name: "DRIVE", Patch: 48, Patches: 64, ValidationPatches: 32, PhantomImages: 4, PhantomShrink: 3},
	"STARE":     {Name: "STARE", Patch: 48, Patches: 64, ValidationPatches: 32, PhantomImages: 3, PhantomShrink: 3},
	"CHASE_DB1": {Name: "CHASE_DB1", Patch: 48, Patches: 64, ValidationPatches: 32, PhantomImages: 4, PhantomShrink: 3},
	"ISIC2017":  {Name: "ISIC2017", Size: Square(64), PhantomImages: 12, PhantomShrink: 3},
	"Lung":      {Name: "Lung", Size: Square(64), PhantomImages: 9, PhantomShrink: 3},
}

// TestPatientsAreKnownWhereImagesShareThem: a child's two eyes, and slices of a scan.
func TestPatientsAreKnownWhereImagesShareThem(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"STARE": nil, "DRIVE": nil, "ISIC2017": nil,
		"CHASE_DB1": {"Image_01L": "01", "Image_01R": "01"},
	} {
		ds := smallPhantom(t, phantomConfigs[name])
		got := ds.Patients([]string{"Image_01L", "Image_01R"})
		if !maps.Equal(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestEveryDatasetGivesSamplesFromItsPhantomsFiles(t *testing.T) {
	for _, name := range Phantoms() {
		c, ok := phantomConfigs[name]
		if !ok {
			c = Config{Name: name, Size: Square(64), PhantomImages: 12, PhantomShrink: 3}
		}
		ds := smallPhantom(t, c)
		if !ds.Phantom {
			t.Errorf("%s: a phantom says that it is measured", name)
		}
		src := first(t, ds).TrainSource()
		channels, h, w := src.Shape()
		image, target := make([]float32, channels*h*w), make([]float32, h*w)
		ones := 0
		for i := range src.Len() {
			if err := src.Fill(context.Background(), 0, i, image, target); err != nil {
				t.Fatal(err)
			}
			for _, v := range target {
				if v != 0 && v != 1 {
					t.Fatalf("%s: target %g", name, v)
				}
				ones += int(v)
			}
		}
		if share := float64(ones) / float64(src.Len()*h*w); share < 0.01 || share > 0.6 {
			t.Errorf("%s: %.3f of the pixels are labelled", name, share)
		}
		fold, err := ds.Fold(0)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ds.Load(t.Context(), fold.Test[0])
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Image) != s.Channels*s.Width*s.Height || len(s.Truth) != s.Width*s.Height {
			t.Errorf("%s: image of %d values, truth of %d for %d×%d×%d",
				name, len(s.Image), len(s.Truth), s.Channels, s.Height, s.Width)
		}
	}
}

// TestEveryDatasetWithoutLabelsHasImages alone: none is taken for a label of an image that is not there.
func TestEveryDatasetWithoutLabelsHasImages(t *testing.T) {
	for _, name := range Phantoms() {
		d, err := Describe(name)
		must(t, err)
		dir := t.TempDir()
		must(t, d.Phantom(t.Context(), dir, phantom.Options{Images: 6, Shrink: 4}))
		paths, _, err := files.Search(dir)
		must(t, err)
		images := 0
		for _, p := range paths {
			if m, ok := d.Match(p); ok && m.Role == files.Image {
				images++
			} else {
				must(t, os.Remove(filepath.Join(dir, filepath.FromSlash(p))))
			}
		}
		found, err := d.Find(dir)
		must(t, err)
		if n := len(found.Unlabelled) + len(found.Unpaired); images == 0 || n != images {
			t.Errorf("%s: %d images, and %d without labels", name, images, n)
		}
		for _, p := range append(found.Unpaired, found.Problems...) {
			if p.Role != files.Image {
				t.Errorf("%s: %v", name, p)
			}
		}
	}
}
