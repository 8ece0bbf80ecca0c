package datasets

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"r2unet/datasets/phantom"
)

// brokenCopy draws a small phantom as if it were a user's copy, and changes it.
func brokenCopy(t *testing.T, name string, change func(dir string)) (root string) {
	t.Helper()
	images := map[string]int{"Lung": 9}[name] // three patients
	if images == 0 {
		images = 4
	}
	template := filepath.Join(phantomCache, "templates", name)
	if _, err := os.Stat(template); err != nil {
		if err := DrawPhantom(context.Background(), name, template,
			phantom.Options{Seed: 5, Images: images, Shrink: 3}); err != nil {
			t.Fatal(err)
		}
	}
	root = t.TempDir()
	dir := filepath.Join(root, name)
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	change(dir)
	return root
}

func writePNG(t *testing.T, path string, w, h int, set func(m *image.Gray)) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	set(m)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestABrokenCopyIsAnErrorThatNamesTheFile opens copies that were damaged in one place and prepares their first fold.
func TestABrokenCopyIsAnErrorThatNamesTheFile(t *testing.T) {
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	image21, label21 := "training/images/21_training.tif", "training/1st_manual/21_manual1.gif"
	for what, c := range map[string]struct {
		dataset string
		change  func(dir string)
		want    []string
	}{
		"a truncated TIFF": {"DRIVE", func(dir string) {
			must(os.Truncate(filepath.Join(dir, image21), 5000))
		}, []string{image21, "cut off"}},
		"an empty file": {"DRIVE", func(dir string) {
			must(os.Truncate(filepath.Join(dir, label21), 0))
		}, []string{label21, "empty"}},
		"no label at all": {"STARE", func(dir string) {
			must(os.RemoveAll(filepath.Join(dir, "labels-ah")))
			must(os.RemoveAll(filepath.Join(dir, "labels-vk")))
		}, []string{"0 labelled images", "4 images have no label and are left out, such as stare-images/im0001.ppm.gz"}},
		"a link to nothing in an image's place": {"STARE", func(dir string) {
			path := filepath.Join(dir, "stare-images", "im0001.ppm.gz")
			must(os.Remove(path))
			must(os.Symlink("gone.ppm.gz", path))
		}, []string{"im0001.ppm.gz", "leads to nothing"}},
		"the first of several broken files": {"STARE", func(dir string) {
			for _, name := range []string{"im0003", "im0002", "im0004"} {
				must(os.WriteFile(filepath.Join(dir, "stare-images", name+".ppm.gz"), []byte("not found\n"), 0o666))
			}
		}, []string{"im0002.ppm.gz", "and 2 more images with errors"}},
		"a label of another size": {"CHASE_DB1", func(dir string) {
			writePNG(t, filepath.Join(dir, "Image_01L_1stHO.png"), 332, 320, func(*image.Gray) {})
		}, []string{"Image_01L_1stHO.png is 332×320 px", "Image_01L.jpg is 333×320 px"}},
		"a mask of many values": {"CHASE_DB1", func(dir string) {
			writePNG(t, filepath.Join(dir, "Image_01R_1stHO.png"), 333, 320, func(m *image.Gray) {
				for i := range 200 {
					m.SetGray(i, 0, color.Gray{uint8(i)})
				}
			})
		}, []string{"Image_01R_1stHO.png", "two values"}},
		"a text named as image": {"STARE", func(dir string) {
			must(os.WriteFile(filepath.Join(dir, "stare-images/im0001.ppm.gz"), []byte("not found\n"), 0o666))
		}, []string{"im0001.ppm.gz", "no TIFF"}},
		"an image twice": {"STARE", func(dir string) {
			must(os.MkdirAll(filepath.Join(dir, "again"), 0o777))
			must(os.WriteFile(filepath.Join(dir, "stare-images", "im0001.png"), []byte("x"), 0o666))
		}, []string{"im0001", "named like the image im0001", "folder called labels"}},
		"an empty folder": {"Lung", func(dir string) {
			must(os.RemoveAll(dir))
			must(os.MkdirAll(dir, 0o777))
		}, []string{"Lung", "0 images"}},
		"a link to nothing in a folder's place": {"Lung", func(dir string) {
			must(os.RemoveAll(dir))
			must(os.Symlink("gone", dir))
		}, []string{"Lung", "leads to nothing"}},
		"archives that were not unpacked": {"DRIVE", func(dir string) {
			must(os.RemoveAll(dir))
			must(os.MkdirAll(dir, 0o777))
			must(os.WriteFile(filepath.Join(dir, "training.zip"), nil, 0o666))
			must(os.WriteFile(filepath.Join(dir, "test.zip"), nil, 0o666))
		}, []string{"0 images", "not unpacked: test.zip, training.zip; unpack them"}},
	} {
		root := brokenCopy(t, c.dataset, c.change)
		config := phantomConfigs[c.dataset]
		config.Cache = t.TempDir()
		ds, err := Open(t.Context(), config, root, 1)
		if err == nil {
			if ds.Phantom {
				t.Errorf("%s: became a phantom", what)
				continue
			}
			err = first(t, ds).Prepare(context.Background())
		}
		if err == nil {
			t.Errorf("%s: no error", what)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q lacks %q", what, err, want)
			}
		}
	}
}

func TestOpenRefusesImpossibleSettings(t *testing.T) {
	for _, c := range []struct {
		config Config
		root   string
		want   string
	}{
		{Config{Name: "DRIVE", Patch: 600, Patches: 1, PhantomImages: 4, PhantomShrink: 3}, "", "patch = 600: is larger than the image"},
		{Config{Name: "DRIVE", Patch: 48, Patches: 1}, filepath.Join(t.TempDir(), "gone"), "gone"},
		{Config{Name: "DRIVE", Patch: -1}, "", "patch = -1"},
		{Config{Name: "DRIVE", Patch: 48, Patches: 1}, "badinput_test.go", "not a folder"},
	} {
		c.config.Cache = phantomCache
		if _, err := Open(t.Context(), c.config, c.root, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.config, err, c.want)
		}
	}
}

func TestACacheThatCannotBeWrittenOnlyCostsTime(t *testing.T) {
	root := brokenCopy(t, "STARE", func(string) {})
	c := phantomConfigs["STARE"]
	c.Cache = filepath.Join(root, "STARE", "stare-images", "im0001.ppm.gz", "cache") // below a file
	said := ""
	c.Note = func(line string) { said += line + "\n" }
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"im0001", "im0002", "im0003", "im0004"} { // old enough for their hashes to be kept
		if err := os.Chtimes(filepath.Join(root, "STARE", "stare-images", name+".ppm.gz"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	ds, err := Open(t.Context(), c, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := first(t, ds).Prepare(context.Background()); err != nil {
		t.Error(err)
	}
	if notes := strings.Join(ds.Facts().Notes, "; "); !strings.Contains(said, "cache folder cannot be written") ||
		strings.Contains(notes, "cache") {
		t.Errorf("said: %q, notes of the record: %q", said, notes)
	}
}

func TestAFileThatChangesUnderARunIsNoticed(t *testing.T) {
	root := brokenCopy(t, "CHASE_DB1", func(string) {})
	c := phantomConfigs["CHASE_DB1"]
	c.Cache = t.TempDir()
	ds, err := Open(t.Context(), c, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	writePNG(t, filepath.Join(root, "CHASE_DB1", "Image_01L_1stHO.png"), 333, 320, func(*image.Gray) {})
	if err := first(t, ds).Prepare(context.Background()); err == nil ||
		!strings.Contains(err.Error(), "Image_01L_1stHO.png has changed") {
		t.Errorf("%v", err)
	}
}

// TestDRIVEWithoutTestLabelsSaysSo takes the labels of the test half away, as the official download does.
func TestDRIVEWithoutTestLabelsSaysSo(t *testing.T) {
	root := brokenCopy(t, "DRIVE", func(dir string) {
		for _, folder := range []string{"1st_manual", "2nd_manual"} {
			if err := os.RemoveAll(filepath.Join(dir, "test", folder)); err != nil {
				t.Fatal(err)
			}
		}
	})
	c := phantomConfigs["DRIVE"]
	c.Cache = t.TempDir()
	ds, err := Open(t.Context(), c, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	fold, _ := ds.Fold(0)
	for _, id := range fold.Test {
		if !strings.HasSuffix(id, "_training") {
			t.Errorf("%s has no label and is tested", id)
		}
	}
	if notes := strings.Join(ds.Facts().Notes, "; "); !strings.Contains(notes, "held-out training images") ||
		len(fold.Test) != 1 {
		t.Errorf("%d tested; notes: %s", len(fold.Test), notes)
	}
}

// TestCopiesAreFoundWhereUsersPutThem moves a copy one level down, renames its folder, and points at the folder itself.
func TestCopiesAreFoundWhereUsersPutThem(t *testing.T) {
	root := brokenCopy(t, "CHASE_DB1", func(string) {})
	dir := filepath.Join(root, "CHASE_DB1")
	for name, at := range map[string]func() string{
		"the official name": func() string { return root },
		"the folder itself": func() string { return dir },
		"another case": func() string {
			to := t.TempDir()
			must(t, os.Symlink(dir, filepath.Join(to, "chasedb1")))
			return to
		},
		"one level down": func() string {
			to := t.TempDir()
			must(t, os.MkdirAll(filepath.Join(to, "CHASE_DB1"), 0o777))
			must(t, os.Symlink(dir, filepath.Join(to, "CHASE_DB1", "CHASEDB1")))
			return to
		},
		"an unknown name": func() string {
			to := t.TempDir()
			must(t, os.Symlink(dir, filepath.Join(to, "retina")))
			return to
		},
	} {
		c := phantomConfigs["CHASE_DB1"]
		c.Cache = phantomCache
		ds, err := Open(t.Context(), c, at(), 1)
		if err != nil || ds.Phantom || len(ds.images) != 4 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
