package datasets

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"r2unet/datasets/files"
)

// official lists the labelled images of a complete official copy.
func official(t testing.TB, name string) (*Description, []files.Entry) {
	t.Helper()
	d, err := Describe(name)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	add := func(format string, args ...any) { paths = append(paths, fmt.Sprintf(format, args...)) }
	switch name {
	case "DRIVE":
		for i := 1; i <= 40; i++ {
			folder, part := "test", "test"
			if i > 20 {
				folder, part = "training", "training"
			}
			add("%s/images/%02d_%s.tif", folder, i, part)
			add("%s/1st_manual/%02d_manual1.gif", folder, i)
			add("%s/mask/%02d_%s_mask.gif", folder, i, part)
			if i <= 20 {
				add("%s/2nd_manual/%02d_manual2.gif", folder, i)
			}
		}
	case "STARE":
		for i := range 20 {
			add("stare-images/im%04d.ppm.gz", 7*i+1)
			add("labels-ah/im%04d.ah.ppm.gz", 7*i+1)
			add("labels-vk/im%04d.vk.ppm.gz", 7*i+1)
		}
	case "CHASE_DB1":
		for i := 1; i <= 14; i++ {
			for _, eye := range "LR" {
				add("Image_%02d%c.jpg", i, eye)
				add("Image_%02d%c_1stHO.png", i, eye)
				add("Image_%02d%c_2ndHO.png", i, eye)
			}
		}
	case "ISIC2017":
		n := 0
		for _, p := range []struct {
			folder string
			images int
		}{{"ISIC-2017_Training", 2000}, {"ISIC-2017_Validation", 150}, {"ISIC-2017_Test_v2", 600}} {
			for range p.images {
				add("%s_Data/ISIC_%07d.jpg", p.folder, n)
				add("%s_Data/ISIC_%07d_superpixels.png", p.folder, n)
				add("%s_Part1_GroundTruth/ISIC_%07d_segmentation.png", p.folder, n)
				n++
			}
			add("%s_Data/%s_Data_metadata.csv", p.folder, p.folder)
		}
	case "Lung":
		for i := range 267 {
			add("2d_images/ID_%04d_Z_%04d.tif", i, 50+i%100)
			add("2d_masks/ID_%04d_Z_%04d.tif", i, 50+i%100)
		}
		add("3d_images/IMG_0002.nii.gz")
		add("lung_stats.csv")
	}
	entries, problems, alone := files.Pair(paths, d.Match)
	if len(problems)+len(alone) > 0 {
		t.Fatal(problems)
	}
	return d, entries
}

func divide(t testing.TB, name string, c Config, seed uint64) ([]Split, []files.Entry) {
	t.Helper()
	d, entries := official(t, name)
	c.Name = name
	splits, err := d.Divide(entries, c, seed)
	if err != nil {
		t.Fatal(err)
	}
	return splits, entries
}

func TestProtocolsHaveTheirNumbersOfImages(t *testing.T) {
	for _, c := range []struct {
		name                    string
		config                  Config
		folds                   int
		train, validation, test int
	}{
		{"DRIVE", Config{Patch: 48}, 1, 20, 0, 20},
		{"DRIVE", Config{Patch: 48, Validation: "images"}, 1, 18, 2, 20},
		{"STARE", Config{Patch: 48}, 20, 19, 0, 1},
		{"CHASE_DB1", Config{Patch: 48}, 1, 20, 0, 8},
		{"CHASE_DB1", Config{Patch: 48, Split: "paper"}, 1, 20, 0, 8},
		{"ISIC2017", Config{}, 1, 1250, 150, 600},
		{"ISIC2017", Config{Split: "official"}, 1, 2000, 150, 600},
		{"Lung", Config{}, 1, 169, 18, 80},
		{"Lung", Config{Split: "paper"}, 1, 169, 18, 80},
		{"STARE", Config{Patch: 48, Split: "kfold", Folds: 5}, 5, 16, 0, 4},
	} {
		splits, _ := divide(t, c.name, c.config, 1)
		if len(splits) != c.folds {
			t.Errorf("%s %+v: %d folds, want %d", c.name, c.config, len(splits), c.folds)
		}
		s := splits[0]
		if len(s.Train) != c.train || len(s.Validation) != c.validation || len(s.Test) != c.test {
			t.Errorf("%s %+v: %d/%d/%d, want %d/%d/%d", c.name, c.config, len(s.Train), len(s.Validation), len(s.Test),
				c.train, c.validation, c.test)
		}
	}
}

func TestChaseTestsTheChildrenElevenToFourteen(t *testing.T) {
	splits, _ := divide(t, "CHASE_DB1", Config{Patch: 48}, 7)
	want := []string{
		"Image_11L", "Image_11R", "Image_12L", "Image_12R", "Image_13L", "Image_13R", "Image_14L", "Image_14R",
	}
	if !slices.Equal(splits[0].Test, want) {
		t.Errorf("tests %v", splits[0].Test)
	}
}

// TestSplitsAreFunctionsOfSeedAndNames also shows that they part the images, and keep patients together where they
// should.
func TestSplitsAreFunctionsOfSeedAndNames(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom([]string{"DRIVE", "STARE", "CHASE_DB1", "Lung"}).Draw(r, "dataset")
		d, entries := official(t, name)
		c := Config{Name: name, Split: rapid.SampledFrom(append([]string{"kfold"}, d.SplitNames()...)).Draw(r, "split")}
		if c.Split == "kfold" {
			c.Folds = rapid.IntRange(2, 14).Draw(r, "folds")
		}
		if rapid.Bool().Draw(r, "patches") {
			c.Patch = 48
			c.Validation = rapid.SampledFrom([]string{"patches", "images"}).Draw(r, "validation")
		}
		seed := rapid.Uint64().Draw(r, "seed")
		splits, err := d.Divide(entries, c, seed)
		if err != nil {
			r.Fatal(err)
		}
		again, _ := d.Divide(slices.Clone(entries), c, seed)
		subject := map[string]string{}
		for _, e := range entries {
			subject[e.ID] = e.Subject
		}
		tested := map[string]int{}
		for i, s := range splits {
			if !slices.Equal(s.Train, again[i].Train) || !slices.Equal(s.Test, again[i].Test) ||
				!slices.Equal(s.Validation, again[i].Validation) {
				r.Fatal("the same seed and names give another split")
			}
			all := slices.Sorted(slices.Values(slices.Concat(s.Train, s.Validation, s.Test)))
			if want := slices.Sorted(maps.Keys(subject)); !slices.Equal(all, want) {
				r.Fatalf("fold %d does not have each image once: %d of %d", i, len(all), len(want))
			}
			for _, id := range s.Test {
				tested[id]++
				if c.Split == "paper" {
					continue
				}
				for _, other := range slices.Concat(s.Train, s.Validation) {
					if subject[other] == subject[id] {
						r.Fatalf("%s trains and %s tests, both of patient %s", other, id, subject[id])
					}
				}
			}
		}
		if len(splits) > 1 {
			for id := range subject {
				if tested[id] != 1 {
					r.Fatalf("%s is tested %d times", id, tested[id])
				}
			}
		}
	})
}

func TestAnotherSeedDrawsAnotherSplit(t *testing.T) {
	a, _ := divide(t, "ISIC2017", Config{}, 1)
	b, _ := divide(t, "ISIC2017", Config{}, 2)
	if slices.Equal(a[0].Test, b[0].Test) {
		t.Error("two seeds give one split")
	}
}

func TestDRIVEWithoutTestLabelsHoldsTrainingImagesOut(t *testing.T) {
	d, entries := official(t, "DRIVE")
	entries = slices.DeleteFunc(entries, func(e files.Entry) bool { return e.Part == "test" })
	splits, err := d.Divide(entries, Config{Name: "DRIVE", Patch: 48}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(splits[0].Train) != 15 || len(splits[0].Test) != 5 {
		t.Errorf("%d train, %d test", len(splits[0].Train), len(splits[0].Test))
	}
}

func TestTooFewImagesAreAnError(t *testing.T) {
	d, entries := official(t, "STARE")
	if _, err := d.Divide(entries[:1], Config{Name: "STARE", Patch: 48}, 1); err == nil {
		t.Error("one image was split")
	}
	if _, err := d.Divide(entries[:3], Config{Name: "STARE", Patch: 48, Split: "kfold", Folds: 4}, 1); err == nil {
		t.Error("three patients were dealt out to four folds")
	}
}

func TestMatchersKnowNamesInEveryForm(t *testing.T) {
	for _, c := range []struct {
		dataset, path string
		want          files.Match
	}{
		{"DRIVE", "DRIVE/Training/IMAGES/21_TRAINING.TIF", files.Match{ID: "21_training", Subject: "21", Part: "train", Role: files.Image}},
		{"DRIVE", "21_manual1.png", files.Match{ID: "21_training", Subject: "21", Part: "train", Role: files.Label}},
		{"DRIVE", "05_test_mask.gif", files.Match{ID: "05_test", Subject: "05", Part: "test", Role: files.FOV}},
		{"DRIVE", "test/2nd_manual/05_manual2.gif", files.Match{ID: "05_test", Subject: "05", Part: "test", Role: files.Second}},
		{"STARE", "im0044.ppm", files.Match{ID: "im0044", Subject: "im0044", Role: files.Image}},
		{"STARE", "IM0044.AH.PGM", files.Match{ID: "im0044", Subject: "im0044", Role: files.Label}},
		{"STARE", "labels-vk/im0044.vk.ppm.gz", files.Match{ID: "im0044", Subject: "im0044", Role: files.Second}},
		{"CHASE_DB1", "Images/Image_03r.JPG", files.Match{ID: "Image_03R", Subject: "03", Role: files.Image}},
		{"CHASE_DB1", "Image_03R_2ndHO.png", files.Match{ID: "Image_03R", Subject: "03", Role: files.Second}},
		{"ISIC2017", "isic/ISIC-2017_Test_v2_Data/ISIC_0012086.jpg", files.Match{ID: "ISIC_0012086", Subject: "ISIC_0012086", Part: "test", Role: files.Image}},
		{"ISIC2017", "ISIC_0012086_Segmentation.PNG", files.Match{ID: "ISIC_0012086", Subject: "ISIC_0012086", Part: "train", Role: files.Label}},
		{"Lung", "finding-lungs/2d_masks/id_0000_z_0142.TIF", files.Match{ID: "ID_0000_Z_0142", Subject: "ID_0000", Role: files.Label}},
		{"Lung", "2d_images/ID_0000_Z_0142.tif", files.Match{ID: "ID_0000_Z_0142", Subject: "ID_0000", Role: files.Image}},
	} {
		d, err := Describe(c.dataset)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := d.Match(c.path); !ok || got != c.want {
			t.Errorf("%s: %s: %+v, %t", c.dataset, c.path, got, ok)
		}
	}
	for dataset, path := range map[string]string{
		"DRIVE": "21_training.txt", "STARE": "im44.ppm", "CHASE_DB1": "Image_3L.jpg", "ISIC2017": "ISIC_0000000_superpixels.png", "Lung": "3d_images/IMG_0002.nii.gz",
	} {
		d, _ := Describe(dataset)
		if m, ok := d.Match(path); ok {
			t.Errorf("%s: %s is taken for %+v", dataset, path, m)
		}
	}
}

// TestSeedAndFoldDrawWhatValidates where a protocol fixes the test images.
func TestSeedAndFoldDrawWhatValidates(t *testing.T) {
	c := Config{Patch: 48, Validation: "images"}
	c.Split = "official"
	differ := false
	a, _ := divide(t, "DRIVE", c, 1)
	for seed := uint64(2); seed < 6; seed++ {
		b, _ := divide(t, "DRIVE", c, seed)
		differ = differ || !slices.Equal(a[0].Validation, b[0].Validation)
	}
	if !differ {
		t.Errorf("five seeds validate on %v", a[0].Validation)
	}
	// With the same images to draw from, two folds still draw on their own.
	_, entries := official(t, "DRIVE")
	drawn := map[string]bool{}
	for fold := range 6 {
		s := Split{}
		for _, e := range entries {
			s.Train = append(s.Train, e.ID)
		}
		s.holdOut(entries, 1, fold)
		drawn[strings.Join(s.Validation, " ")] = true
	}
	if len(drawn) < 2 {
		t.Errorf("six folds validate on %v", drawn)
	}
}
