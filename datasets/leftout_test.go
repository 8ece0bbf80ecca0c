package datasets

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// opened opens a copy in a data folder with small settings of its dataset.
func opened(t *testing.T, name, root string, change func(c *Config)) (*Dataset, error) {
	t.Helper()
	c := phantomConfigs[name]
	c.Cache = t.TempDir()
	if change != nil {
		change(&c)
	}
	return Open(t.Context(), c, root, 1)
}

// TestOneMoreOrOneLessIsAWarning takes a label or an image away: the rest is used, every record says so, and strict =
// true refuses.
func TestOneMoreOrOneLessIsAWarning(t *testing.T) {
	for what, c := range map[string]struct {
		dataset, remove string
		images          int
		warning, strict string
	}{
		"a missing label": {
			"DRIVE", "test/1st_manual/01_manual1.gif", 3,
			"1 image has no label and is left out, such as test/images/01_test.tif", "01_test.tif: has no label",
		},
		"a missing image": {
			"DRIVE", "training/images/21_training.tif", 3,
			"2 labels or masks have no image and are left out, such as training/1st_manual/21_manual1.gif", "is the label of 21_training, but there is no image",
		},
		"further photographs": {
			"STARE", "labels-ah/im0003.ah.ppm.gz", 3,
			"1 image has no label and is left out, such as stare-images/im0003.ppm.gz", "im0003.ppm.gz: has no label",
		},
		"a drawing beside the folder of images": {
			"Lung", "", 9,
			"1 file has an image's name beside a folder of images and is left out, such as overlay/ID_0000_Z_0060.tif", "is not in a folder of images",
		},
	} {
		root := brokenCopy(t, c.dataset, func(dir string) {
			if c.remove == "" {
				const name = "ID_0000_Z_0060.tif"
				must(t, os.Mkdir(filepath.Join(dir, "overlay"), 0o777))
				must(t, os.Link(filepath.Join(dir, "2d_images", name), filepath.Join(dir, "overlay", name)))
				return
			}
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(c.remove))); err != nil {
				t.Fatal(err)
			}
		})
		ds, err := opened(t, c.dataset, root, nil)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if f := ds.Facts(); f.Images != c.images || !slices.Contains(f.Warnings, c.warning) {
			t.Errorf("%s: %d images, warnings %q", what, f.Images, f.Warnings)
		}
		if _, err := opened(t, c.dataset, root, func(c *Config) {
			c.Strict = true
		}); err == nil || !strings.Contains(err.Error(), c.strict) {
			t.Errorf("%s, strict: %v", what, err)
		}
	}
}

func TestAnImageWithoutTheSecondObserversLabelIsLeftOut(t *testing.T) {
	root := brokenCopy(t, "STARE", func(dir string) { os.Remove(filepath.Join(dir, "labels-vk", "im0002.vk.ppm.gz")) })
	ds, err := opened(t, "STARE", root, func(c *Config) { c.Observer = 2 })
	if err != nil {
		t.Fatal(err)
	}
	if f := ds.Facts(); f.Images != 3 || len(f.Warnings) != 1 ||
		!strings.Contains(f.Warnings[0], "no label of observer 2 and is left out, such as stare-images/im0002") {
		t.Errorf("%d images, warnings %q", f.Images, f.Warnings)
	}
	for what, change := range map[string]func(dir string){
		"strict": func(dir string) { os.Remove(filepath.Join(dir, "labels-vk", "im0002.vk.ppm.gz")) },
		"none":   func(dir string) { os.RemoveAll(filepath.Join(dir, "labels-vk")) },
	} {
		root := brokenCopy(t, "STARE", change)
		if _, err := opened(t, "STARE", root, func(c *Config) {
			c.Observer, c.Strict = 2, what == "strict"
		}); err == nil || !strings.Contains(err.Error(), "has no label of observer 2") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestWhatBelongsToNoDatasetStopsNothing puts broken things beside a dataset and into its folder.
func TestWhatBelongsToNoDatasetStopsNothing(t *testing.T) {
	for what, put := range map[string]func(dir string) error{
		"a link to nothing":                   func(dir string) error { return os.Symlink("/nowhere/readme.txt", filepath.Join(dir, "readme.txt")) },
		"a link in a circle":                  func(dir string) error { return os.Symlink(dir, filepath.Join(dir, "all")) },
		"a link to itself":                    func(dir string) error { return os.Symlink("self", filepath.Join(dir, "self")) },
		"a link to nothing named like a part": func(dir string) error { return os.Symlink("gone", filepath.Join(dir, "test.txt")) },
		"a folder named like an image":        func(dir string) error { return os.Mkdir(filepath.Join(dir, "Image_01L.jpg.d.jpg"), 0o777) },
		"a closed folder":                     func(dir string) error { return os.Mkdir(filepath.Join(dir, "private"), 0) },
		"System Volume Information": func(dir string) error {
			return os.Mkdir(filepath.Join(dir, "System Volume Information"), 0)
		},
		"photographs of somebody": func(dir string) error {
			for _, name := range []string{"im0001.jpg", "im0002.jpg"} {
				for _, folder := range []string{"holiday", "wedding"} {
					must(t, os.MkdirAll(filepath.Join(dir, folder), 0o777))
					if err := os.WriteFile(filepath.Join(dir, folder, name), nil, 0o666); err != nil {
						return err
					}
				}
			}
			return nil
		},
	} {
		for where, in := range map[string]string{"beside": "", "inside": "CHASE_DB1"} {
			root := brokenCopy(t, "CHASE_DB1", func(dir string) {
				if err := put(filepath.Join(filepath.Dir(dir), in)); err != nil {
					t.Skip(err)
				}
			})
			ds, err := opened(t, "CHASE_DB1", root, nil)
			if err != nil || ds.Phantom || len(ds.images) != 4 || len(ds.Facts().Warnings) > 0 {
				t.Errorf("%s %s: CHASE_DB1: %v", what, where, err)
			}
			if ds, err = opened(t, "STARE", root, nil); err != nil || !ds.Phantom {
				t.Errorf("%s %s: STARE: %v", what, where, err)
			}
		}
	}
}

func TestALinkInAFoldersPlaceMustLeadSomewhere(t *testing.T) {
	root := brokenCopy(t, "DRIVE", func(dir string) {
		os.RemoveAll(filepath.Join(dir, "test", "1st_manual"))
		if err := os.Symlink("gone", filepath.Join(dir, "test", "1st_manual")); err != nil {
			t.Skip(err)
		}
	})
	if _, err := opened(t, "DRIVE", root, nil); err == nil ||
		!strings.Contains(err.Error(), "1st_manual: is a symbolic link that leads to nothing") {
		t.Error(err)
	}
}

func TestAFolderThatTellsWhatIsInItMustBeReadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	root := brokenCopy(t, "Lung", func(dir string) {
		closed := filepath.Join(dir, "2d_masks")
		must(t, os.Chmod(closed, 0))
		t.Cleanup(func() { must(t, os.Chmod(closed, 0o777)) })
	})
	if _, err := opened(t, "Lung", root, nil); err == nil ||
		!strings.Contains(err.Error(), "2d_masks: cannot be listed: permission denied") {
		t.Error(err)
	}
}

func TestAFolderKeyThatNamesNothingIsAnError(t *testing.T) {
	root := brokenCopy(t, "STARE", func(dir string) {
		must(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "notes"), nil, 0o666))
	})
	must(t, os.MkdirAll(filepath.Join(root, "more", "STARE_png"), 0o777))
	for folder, want := range map[string]string{
		"STAER":          `folder = "STAER": there is no such folder below ` + root + `; did you mean "STARE"?`,
		"more/STARE_pgn": `did you mean "more/STARE_png"?`,
		"retina_of_mine": `there are STARE, more`,
		"notes":          `folder = "notes": is a file of`,
		"gone/STARE":     `folder = "gone/STARE": there is no such folder`,
	} {
		if _, err := opened(t, "STARE", root, func(c *Config) {
			c.Folder = folder
		}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, folder := range []string{".", "STARE/", "./STARE", "stare"} {
		if ds, err := opened(t, "STARE", root, func(c *Config) { c.Folder = folder }); err != nil || ds.Phantom {
			t.Errorf("%s: %v", folder, err)
		}
	}
	if ds, err := opened(t, "STARE", "", func(c *Config) { c.Folder = "STARE" }); err != nil || !ds.Phantom {
		t.Errorf("without a data folder: %v", err)
	}
}

// TestAPhantomSaysWhatWasSeenInstead names archives and another year's files that lie where the dataset was looked for.
func TestAPhantomSaysWhatWasSeenInstead(t *testing.T) {
	write := func(root string, names ...string) {
		for _, name := range names {
			path := filepath.Join(root, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		dataset string
		files   []string
		want    string
	}{
		{"DRIVE", []string{"DRIVE.zip", "holiday.zip"}, "not in the data folder; not unpacked: DRIVE.zip; unpack it"},
		{"CHASE_DB1", []string{"downloads/CHASEDB1.tar.gz"}, "not unpacked: downloads/CHASEDB1.tar.gz; unpack it"},
		{"ISIC2017", []string{
			"ISIC2018/ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg", "ISIC2018/ISIC2018_Task1_Training_GroundTruth/ISIC_0000000_segmentation.png",
		}, "2 files are those of ISIC 2018, which is another dataset, such as ISIC2018/ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg"},
		{"ISIC2017", []string{
			"x/ISBI2016_ISIC_Part1_Training_Data/ISIC_0000000.jpg", "x/ISBI2016_ISIC_Part1_Training_GroundTruth/ISIC_0000000_Segmentation.png",
		}, "2 files are those of ISIC 2016"},
		{"ISIC2017", []string{
			"HAM10000/images/ISIC_0024306.jpg", "HAM10000/HAM10000_segmentations_lesion_tschandl/ISIC_0024306_segmentation.png",
		}, "2 files are those of HAM10000"},
		{"STARE", []string{"photos/im0001.jpg", "photos/im0002.jpg"}, "2 files are named like images of STARE, such as photos/im0001.jpg, but none has a label"},
	} {
		root := t.TempDir()
		write(root, c.files...)
		ds, err := opened(t, c.dataset, root, nil)
		if err != nil || !ds.Phantom {
			t.Errorf("%v: %v", c.files, err)
			continue
		}
		if warnings := strings.Join(ds.Facts().Warnings, "; "); !strings.Contains(warnings, c.want) {
			t.Errorf("%v: warnings %q, want %q", c.files, warnings, c.want)
		}
	}
	root := t.TempDir()
	write(root, "ISIC2018/Input/ISIC_0000000.jpg", "ISIC2018/GroundTruth/ISIC_0000000_segmentation.png")
	if _, err := opened(t, "ISIC2017", root, func(c *Config) {
		c.Folder = "ISIC2018"
	}); err == nil || !strings.Contains(err.Error(), "those of ISIC 2018") {
		t.Errorf("another year's folder by name: %v", err)
	}
}

// TestHeldOutTrainingImagesAreSaid tests on training images where the copy has no test half, labelled or not.
func TestHeldOutTrainingImagesAreSaid(t *testing.T) {
	root := brokenCopy(t, "DRIVE", func(dir string) { os.RemoveAll(filepath.Join(dir, "test")) })
	ds, err := opened(t, "DRIVE", root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(ds.Facts().Notes, "; "); notes != "the test part is missing; tested on 1 held-out "+
		"training images" {
		t.Errorf("notes %q", notes)
	}
	whole, err := opened(t, "DRIVE", brokenCopy(t, "DRIVE", func(string) {}), nil)
	if err != nil || len(whole.Facts().Notes) > 0 {
		t.Errorf("%v, notes of a whole copy: %q", err, whole.Facts().Notes)
	}
}
