package datasets_test

import (
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// dots is a dataset as another module registers it: images/1.png and labels/1.png, each even number tested.
func dots(name string) datasets.Description {
	return datasets.Description{
		Name: name, Files: "images/1.png, labels/1.png",
		Match: func(path string) (files.Match, bool) {
			stem, ok := files.Stem(path)
			role := files.FolderRole(path)
			if _, err := strconv.Atoi(stem); err != nil || !ok || role != files.Image && role != files.Label {
				return files.Match{}, false
			}
			return files.Match{ID: stem, Role: role}, true
		},
		Splits: []datasets.Protocol{{Name: "even", Divide: func(
			entries []files.Entry, _ uint64,
		) ([]datasets.Split, error) {
			var s datasets.Split
			for _, e := range entries {
				if n, err := strconv.Atoi(e.ID); err == nil && n%2 == 0 {
					s.Test = append(s.Test, e.ID)
				} else {
					s.Train = append(s.Train, e.ID)
				}
			}
			return []datasets.Split{s}, nil
		}}},
		Crops: []datasets.Crop{{Name: "upper", First: 1, Last: 6}},
	}
}

// drawDots draws images of 8×10 px whose pixel (n, n) is labelled.
func drawDots(_ context.Context, dir string, o phantom.Options) error {
	for n := 1; n <= max(o.Images, 4); n++ {
		for _, folder := range []string{"images", "labels"} {
			m := image.NewGray(image.Rect(0, 0, 8, 10))
			m.SetGray(n, n, color.Gray{255})
			if err := os.MkdirAll(filepath.Join(dir, folder), 0o777); err != nil {
				return err
			}
			f, err := os.Create(filepath.Join(dir, folder, strconv.Itoa(n)+".png"))
			if err != nil {
				return err
			}
			if err := png.Encode(f, m); err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestRegisteredDatasetIsReadAsAnyOther(t *testing.T) {
	datasets.Register(dots("dots"))
	root := t.TempDir()
	if err := drawDots(t.Context(), filepath.Join(root, "DOTS"), phantom.Options{}); err != nil {
		t.Fatal(err)
	}
	ds, err := datasets.Open(t.Context(), datasets.Config{
		Name: "dots", Crop: "upper", Normalize: "none", Cache: t.TempDir(),
	}, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	fold, err := ds.Fold(0)
	if err != nil || strings.Join(fold.Test, " ") != "2 4" || ds.Phantom {
		t.Fatalf("tests %v, phantom %t, %v", fold.Test, ds.Phantom, err)
	}
	s, err := ds.Load(t.Context(), "2")
	if err != nil {
		t.Fatal(err)
	}
	if s.Width != 8 || s.Height != 6 || s.Truth[2*8+2] != 1 || s.Image[2*8+2] != 1 || s.FOV != nil {
		t.Errorf("sample %+v", s)
	}
}

func TestDatasetThatIsNotThereIsDrawnByItsOwnPhantomOrIsAnError(t *testing.T) {
	datasets.Register(dots("undrawn"))
	cache, data := t.TempDir(), t.TempDir()
	for root, want := range map[string]string{
		"": "undrawn: cannot be drawn: name a data folder (-data), and put it into the folder undrawn there (images/1.png, labels/1.png)",
		data: "undrawn: is not there, and cannot be drawn: put it into the data folder " +
			filepath.Join(data, "undrawn") + " (images/1.png, labels/1.png)",
	} {
		if _, err := datasets.Open(t.Context(), datasets.Config{Name: "undrawn", Cache: cache}, root, 1); err == nil ||
			err.Error() != want {
			t.Errorf("root %q: error %v, want %s", root, err, want)
		}
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
		t.Errorf("the cache folder has %v, %v", left, err)
	}

	drawn := dots("drawn")
	drawn.Phantom = drawDots
	datasets.Register(drawn)
	ds, err := datasets.Open(t.Context(), datasets.Config{Name: "drawn", PhantomImages: 6, Cache: cache}, "", 1)
	if err != nil || !ds.Phantom || ds.Facts().Images != 6 {
		t.Errorf("%+v, %v", ds, err)
	}
}

func TestImageWhoseNameCannotNameAFileIsRefused(t *testing.T) {
	d := dots("slashed")
	plain := d.Match
	d.Match = func(path string) (files.Match, bool) {
		m, ok := plain(path)
		m.ID = "../" + m.ID
		return m, ok
	}
	datasets.Register(d)
	root := t.TempDir()
	if err := drawDots(t.Context(), filepath.Join(root, "slashed"), phantom.Options{}); err != nil {
		t.Fatal(err)
	}
	_, err := datasets.Open(t.Context(), datasets.Config{Name: "slashed", Cache: t.TempDir()}, root, 1)
	want := filepath.Join("images", "1.png") +
		`: belongs to the image "../1": a name needs letters, digits and - _ . alone (and 3 more`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestRegisterRefusesWhatCannotBeADataset(t *testing.T) {
	twice, nameless, undivided, ct := dots("DRIVE"), dots(""), dots("undivided"), dots("unwindowed")
	undivided.Splits, ct.CT = nil, true
	for want, d := range map[string]datasets.Description{
		"registered twice": twice, "needs a name": nameless, `"undivided" needs a name, Match and Splits`: undivided, "needs a Window": ct,
	} {
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, want) {
					t.Errorf("panic %q, want %q", said, want)
				}
			}()
			datasets.Register(d)
		}()
	}
}
