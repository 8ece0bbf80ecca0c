package datasets

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawFile draws a picture of w×h px into a file: a photograph of a disc, or its label of zeros and 255.
func drawFile(t testing.TB, path string, w, h, shade int, label bool) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o777))
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	grey, colours := image.NewGray(image.Rect(0, 0, w, h)), image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			inside := (2*x-w)*(2*x-w)+(2*y-h)*(2*y-h) < w*h/3
			if inside {
				grey.SetGray(x, y, color.Gray{Y: 255})
			}
			v := uint8(40 + (x+3*y+shade)%32)
			if inside {
				v += 120
			}
			colours.SetRGBA(x, y, color.RGBA{v, v / 2, uint8(shade), 255})
		}
	}
	switch {
	case label:
		must(t, png.Encode(f, grey))
	case strings.HasSuffix(strings.ToLower(path), ".png"):
		must(t, png.Encode(f, colours))
	default:
		must(t, jpeg.Encode(f, colours, nil))
	}
}

// drawPairs draws n pairs of images/NAME.jpg and masks/NAME.png into a folder of a new data folder.
func drawPairs(t testing.TB, n int) (root, dir string) {
	t.Helper()
	root = t.TempDir()
	dir = filepath.Join(root, "Wells-T")
	for i := range n {
		name := fmt.Sprintf("p%d_%d", i/2, i%2)
		drawFile(t, filepath.Join(dir, "images", name+".jpg"), 40, 32, i, false)
		drawFile(t, filepath.Join(dir, "masks", name+".png"), 40, 32, i, true)
	}
	return root, dir
}

func cells(t testing.TB) Config {
	return Config{
		Name: "Wells-T", Kind: KindFolder, Images: "images/*.jpg", Labels: "masks/{stem}.png", Cache: t.TempDir(),
	}
}

func TestAFolderOfPairsIsADataset(t *testing.T) {
	root, _ := drawPairs(t, 10)
	for name, change := range map[string]func(*Config){
		"the dataset's name": func(*Config) {},
		"a folder":           func(c *Config) { c.Name, c.Folder = "Mine", "Wells-T" },
		"a list of endings":  func(c *Config) { c.Images = "images/*.{png,jpg}" },
		"any folder":         func(c *Config) { c.Images, c.Labels = "**/*.jpg", "{dir}/../masks/{stem}.png" },
		"any label":          func(c *Config) { c.Labels = "masks/{*}.*" },
	} {
		c := cells(t)
		change(&c)
		ds, err := Open(t.Context(), c, root, 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if ds.Phantom || ds.Name != c.Name || ds.Channels() != 3 {
			t.Errorf("%s: %+v", name, ds.Facts())
		}
		s := first(t, ds).Split
		if got := []int{len(s.Train), len(s.Validation), len(s.Test)}; !slices.Equal(got, []int{7, 1, 2}) {
			t.Errorf("%s: split into %d", name, got)
		}
		sample, err := ds.Load(t.Context(), "p0_0")
		must(t, err)
		if sample.Width != 40 || sample.Height != 32 || sample.Truth[16*40+20] != 1 || sample.Truth[0] != 0 ||
			sample.FOV != nil {
			t.Errorf("%s: %d×%d px, centre %d", name, sample.Width, sample.Height, sample.Truth[16*40+20])
		}
	}
}

// TestOddNamesArePaired: spaces, umlauts composed and decomposed, upper-case endings, hidden files, links.
func TestOddNamesArePaired(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "Wells-T")
	for image, label := range map[string]string{
		"a b (1).JPG": "a b (1).png", "Gewebe-ä.jpg": "Gewebe-a\u0308.PNG", "plain.jpg": "plain.png", "1.5.jpeg": "1.5.png",
		"[x]*.jpg": "[x]*.png",
	} {
		drawFile(t, filepath.Join(dir, "Images", image), 16, 16, 1, false)
		drawFile(t, filepath.Join(dir, "masks", label), 16, 16, 1, true)
	}
	elsewhere := filepath.Join(t.TempDir(), "y.png")
	drawFile(t, elsewhere, 16, 16, 1, true)
	must(t, os.Symlink(elsewhere, filepath.Join(dir, "masks", "linked.png")))
	drawFile(t, filepath.Join(dir, "Images", "linked.jpg"), 16, 16, 1, false)
	must(t, os.WriteFile(filepath.Join(dir, "Images", "._plain.jpg"), []byte("resource fork"), 0o666))
	must(t, os.WriteFile(filepath.Join(dir, "Images", "Thumbs.db"), []byte("thumbs"), 0o666))
	c := cells(t)
	c.Images = "images/*"
	ds, err := Open(t.Context(), c, root, 1)
	must(t, err)
	var got []string
	for _, e := range ds.copy.Entries {
		got = append(got, e.ID)
	}
	if diff := cmp.Diff([]string{"1.5", "Gewebe-ä", "_x__", "a_b__1_", "linked", "plain"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Images/Thumbs.db"}, ds.copy.Others); diff != "" {
		t.Error(diff)
	}
}

func TestImagesOfOneStemAreNamedByTheirFolders(t *testing.T) {
	root := t.TempDir()
	for _, p := range []string{"anna", "bert", "carl"} {
		drawFile(t, filepath.Join(root, "Wells-T", p, "image.png"), 16, 16, 1, false)
		drawFile(t, filepath.Join(root, "Wells-T", p, "mask.png"), 16, 16, 1, true)
	}
	c := cells(t)
	c.Images, c.Labels, c.Patient = "*/image.png", "{dir}/mask.png", `^(\w+)/`
	ds, err := Open(t.Context(), c, root, 1)
	must(t, err)
	for i, want := range []string{"anna", "bert", "carl"} {
		if e := ds.copy.Entries[i]; e.ID != want+"-image" || e.Subject != want || e.Label != want+"/mask.png" {
			t.Errorf("%+v", e)
		}
	}
}

// TestWhatDoesNotGoTogetherIsOneError that names the files.
func TestWhatDoesNotGoTogetherIsOneError(t *testing.T) {
	remove := func(name string) func(*Config, string) {
		return func(_ *Config, dir string) { must(t, os.Remove(filepath.Join(dir, name))) }
	}
	list := func(text string) func(*Config, string) {
		return func(c *Config, dir string) {
			c.Split = "split.csv"
			must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte(text), 0o666))
		}
	}
	for name, c := range map[string]struct {
		change func(c *Config, dir string)
		want   []string
	}{
		"no label": {remove("masks/p1_0.png"), []string{"images/p1_0.jpg", "there is no file masks/p1_0.png"}},
		"two labels": {func(c *Config, dir string) {
			c.Labels = "masks/{stem}*.png"
			drawFile(t, filepath.Join(dir, "masks/p1_0_b.png"), 40, 32, 0, true)
		}, []string{"images/p1_0.jpg", "2 files", "masks/p1_0.png and masks/p1_0_b.png"}},
		"two images of a label": {func(c *Config, dir string) {
			c.Images = "images/*"
			drawFile(t, filepath.Join(dir, "images/p1_0.png"), 40, 32, 0, false)
		}, []string{"images/p1_0.png", "images/p1_0.jpg"}},
		"another size": {
			func(_ *Config, dir string) { drawFile(t, filepath.Join(dir, "masks/p1_0.png"), 32, 40, 0, true) },
			[]string{"masks/p1_0.png is 32×40 px", "images/p1_0.jpg is 40×32 px"},
		},
		"a broken link": {
			func(_ *Config, dir string) { must(t, os.Symlink("nowhere", filepath.Join(dir, "images/x.jpg"))) },
			[]string{"images/x.jpg", "leads to nothing"},
		},
		"an empty folder": {func(_ *Config, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, os.MkdirAll(filepath.Join(dir, "images"), 0o777))
		}, []string{"Wells-T has 0 images; files of this dataset are named images/*.jpg"}},
		"another pattern": {func(c *Config, _ string) { c.Images = "pictures/*.jpg" }, []string{"0 images", "6 images/*.jpg, 6 masks/*.png"}},
		"no patient":      {func(c *Config, _ string) { c.Patient = `^case(\d+)` }, []string{"images/p0_0.jpg", "tells no patient", `patient = "^case(\d+)"`, "(and 5 more"}},
		"an empty patient": {func(c *Config, _ string) { c.Patient = `p0_(0?)` }, []string{
			"images/p0_1.jpg: tells no patient",
			`patient = "p0_(0?)" matches its path, but what names the patient is empty`,
		}},
		"no patient, with a list": {func(c *Config, dir string) {
			c.Patient = `p0_(\d)`
			list("image,part\nimages/p0_0.jpg,train\nimages/p1_0.jpg,val\nimages/p2_0.jpg,test\n")(c, dir)
		}, []string{"images/p1_0.jpg: tells no patient", "(and 1 more;"}},
		"a label of a label": {func(c *Config, _ string) { c.Labels = "images/{stem}.jpg" }, []string{"its own label"}},
		"strict": {func(c *Config, dir string) {
			c.Strict = true
			drawFile(t, filepath.Join(dir, "masks/z.png"), 9, 9, 0, true)
		}, []string{"masks/z.png", "belongs to no image"}},
		"no mask of the field of view": {func(c *Config, dir string) {
			c.FOV = "fov/{stem}.png"
			drawFile(t, filepath.Join(dir, "fov/p0_0.png"), 40, 32, 0, true)
		}, []string{"images/p0_1.jpg", "has no field-of-view mask: there is no file fov/p0_1.png", "(and 4 more"}},
		"no list":          {func(c *Config, _ string) { c.Split = "parts.csv" }, []string{"parts.csv", "is not there"}},
		"no column":        {list("image,patient\nimages/p0_0.jpg,1\n"), []string{"split.csv: line 1: there is no column part"}},
		"an unknown part":  {list("image,part\nimages/p0_0.jpg,train\nimages/p0_1.jpg,tset\n"), []string{`split.csv: line 3: part "tset": must be train, validation or test`}},
		"an image twice":   {list("image,part\nimages/p0_0.jpg,train\nimages/p0_0.jpg,test\n"), []string{"line 3: images/p0_0.jpg was listed in line 2"}},
		"an unknown image": {list("image,part\nimages/q.jpg,train\n"), []string{`line 2: there is no image "images/q.jpg"`}},
		"an unknown label": {list("image,label,part\nimages/p0_0.jpg,x.png,train\n"), []string{`line 2: there is no label "x.png"`}},
		"a torn patient":   {list("image;part;patient\nimages/p0_0.jpg;train;7\nimages/p0_1.jpg;test;7\n"), []string{"line 3: images/p0_1.jpg is of patient 7", "part train with images/p0_0.jpg of line 2"}},
		"a patient by path": {func(c *Config, dir string) {
			c.Patient = `p(\d)_`
			list("image,part\nimages/p0_0.jpg,train\nimages/p0_1.jpg,test\n")(c, dir)
		}, []string{"is of patient 0"}},
		"one patient": {func(c *Config, _ string) { c.Patient = `^(images)/` }, []string{
			"of 6 labelled images, 0 would be trained on and 6 tested; each needs 1 at least, and patient = \"^(images)/\" " +
				"finds 1 patient, and patients stay whole: to train, validate and test takes 3",
		}},
		"no test":   {list("image,part\nimages/p0_0.jpg,train\nimages/p0_1.jpg,train\n"), []string{"split Wells-T", "0 tested"}},
		"in UTF-16": {list("\xff\xfei\x00m\x00"), []string{"split.csv: is written in UTF-16"}},
		"a region without masks": {func(c *Config, dir string) {
			list("image,part\nimages/p0_0.jpg,train\nimages/p0_1.jpg,test\n")(c, dir)
			c.LossRegion = "fov"
		}, []string{"images/p0_0.jpg", "has no field-of-view mask: split.csv names none"}},
	} {
		root, dir := drawPairs(t, 6)
		config := cells(t)
		c.change(&config, dir)
		_, err := Open(t.Context(), config, root, 1)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(filepath.ToSlash(err.Error()), want) {
				t.Errorf("%s: %v\nwithout %q", name, err, want)
			}
		}
	}
}

func TestAListDivides(t *testing.T) {
	root, dir := drawPairs(t, 8)
	drawFile(t, filepath.Join(dir, "fov.png"), 40, 32, 0, true)
	must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte("\ufeffPart, image, label, fov, patient\n"+
		"train, images/p0_0.jpg, masks/p0_0.png, fov.png, a\nTEST, images/p1_0.jpg, masks/p1_0.png, fov.png, b\n"+
		"val, Images\\P2_0.jpg, masks/p2_0.png, fov.png, c\n"+
		"training, images/p3_0.jpg, masks/p3_0.png, fov.png, d\n"), 0o666))
	for name, c := range map[string]Config{
		"alone":         {Name: "Wells-T", Kind: KindFolder, Split: "split.csv"},
		"with patterns": {Name: "Wells-T", Kind: KindFolder, Split: "split.csv", Images: "images/*.jpg", Labels: "masks/{stem}.png"},
	} {
		c.Cache, c.Sampling, c.Patch, c.Patches, c.ValidationPatches = t.TempDir(), "fov", 16, 4, 4
		ds, err := Open(t.Context(), c, root, 1)
		must(t, err)
		s := first(t, ds).Split
		want := Split{[]string{"p0_0", "p3_0"}, []string{"p2_0"}, []string{"p1_0"}}
		if diff := cmp.Diff(want, s); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		sample, err := ds.Load(t.Context(), "p1_0")
		must(t, err)
		if sample.FOVSource != "file" || sample.FOV[0] != 0 || sample.FOV[16*40+20] != 1 {
			t.Errorf("%s: field of view from %q", name, sample.FOVSource)
		}
		if notes := strings.Join(ds.Facts().Notes, "; "); name == "with patterns" &&
			!strings.Contains(notes, "4 images are not in split.csv") {
			t.Errorf("%s: %s", name, notes)
		}
	}
}

// TestAChangedListIsOtherData: a run that was begun must not go on with it.
func TestAChangedListIsOtherData(t *testing.T) {
	root, dir := drawPairs(t, 6)
	var hashes []string
	for _, parts := range [][3]string{
		{"train", "validation", "test"}, {"train", "test", "validation"}, {"train", "validation", "test"},
	} {
		list := "image,part\n"
		for i, part := range parts {
			list += fmt.Sprintf("images/p%d_0.jpg,%s\n", i, part)
		}
		must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte(list), 0o666))
		c := cells(t)
		c.Split = "split.csv"
		ds, err := Open(t.Context(), c, root, 1)
		must(t, err)
		hashes = append(hashes, ds.Facts().Hash)
	}
	if hashes[0] == hashes[1] || hashes[0] != hashes[2] {
		t.Errorf("hashes %v", hashes)
	}
}

// TestPatientsStayTogether in every split that is drawn.
func TestPatientsStayTogether(t *testing.T) {
	root, _ := drawPairs(t, 20)
	for _, c := range []Config{
		{}, {Split: "kfold", Folds: 4}, {Shares: [3]float64{0.4, 0.3, 0.3}}, {Split: Holdout, Validation: "images"},
	} {
		config := cells(t)
		config.Patient, config.Split, config.Folds = `(p\d+)_`, c.Split, c.Folds
		config.Shares, config.Validation = c.Shares, c.Validation
		for seed := range uint64(5) {
			ds, err := Open(t.Context(), config, root, seed)
			must(t, err)
			for _, s := range ds.splits() {
				side := map[string]int{}
				for i, list := range [][]string{s.Train, s.Validation, s.Test} {
					for _, id := range list {
						p := ds.images[id].Subject
						if was, known := side[p]; known && was != i {
							t.Fatalf("split %q: patient %s in parts %d and %d", config.Split, p, was, i)
						}
						side[p] = i
					}
				}
			}
		}
	}
}

func TestSettingsOfAFolderAreChecked(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`kind = "files": must be "folder"`:                         func(c *Config) { c.Kind = "files" },
		`images is missing`:                                        func(c *Config) { c.Images = "" },
		`labels is missing`:                                        func(c *Config) { c.Labels = "" },
		`labels = "masks/a.png": names the same file`:              func(c *Config) { c.Labels = "masks/a.png" },
		`{name} is not known; there are {stem}`:                    func(c *Config) { c.Labels = "masks/{name}.png" },
		`images = "{stem}.jpg": {stem} is for labels`:              func(c *Config) { c.Images = "{stem}.jpg" },
		`{*} stands for what the * in the name of images`:          func(c *Config) { c.Images, c.Labels = "images/*_*.jpg", "masks/{*}.png" },
		`images = "../x/*.jpg": must be a path below`:              func(c *Config) { c.Images = "../x/*.jpg" },
		`images = "/x/*.jpg": must be a path below`:                func(c *Config) { c.Images = "/x/*.jpg" },
		`images = "images/[.jpg": must be a path below`:            func(c *Config) { c.Images = "images/[.jpg" },
		`folders are separated by /`:                               func(c *Config) { c.Images = `images\*.jpg` },
		"patient = \"(\": error parsing regexp":                    func(c *Config) { c.Patient = "(" },
		`name = "Lungs": is one of Lung`:                           func(c *Config) { c.Name = "Lungs" },
		`name = "isic 2017": is one of ISIC2017`:                   func(c *Config) { c.Name = "isic 2017" },
		`name = "a/b": take at most 64 letters`:                    func(c *Config) { c.Name = "a/b" },
		`shares = [0.5, 0.5, 0.5]: must be three parts`:            func(c *Config) { c.Shares = [3]float64{.5, .5, .5} },
		`shares = [0.7, 0.1, 0.2]: goes with split`:                func(c *Config) { c.Shares, c.Split, c.Folds = usualShares, "kfold", 3 },
		`split = "other": must be "kfold", "holdout" or "folders"`: func(c *Config) { c.Split = "other" },
		`split = "../s.csv": must lie below`:                       func(c *Config) { c.Split = "../s.csv" },
		`input = "rgb": must be "grey"`:                            func(c *Config) { c.Window, c.Input = [2]float64{0, 4095}, "rgb" },
		`size = [64, 0]: must be from 0`:                           func(c *Config) { c.Size = Size{64, 0} },
		`images = "*.png": goes with kind = "folder"`:              func(c *Config) { c.Name, c.Kind, c.Images, c.Labels = "Lung", "", "*.png", "" },
		`loss-region = "fov": needs fov = `:                        func(c *Config) { c.LossRegion = "fov" },
		`sampling = "fov": needs fov = `:                           func(c *Config) { c.Sampling, c.Patch, c.Patches = "fov", 16, 8 },
		`measure-at = "both": must be`:                             func(c *Config) { c.MeasureAt = "both" },
	} {
		c := cells(t)
		must(t, c.Validate())
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
}

// TestISICAsAFolderGivesTheSameSamples: of the same files and split, to the bit.
func TestISICAsAFolderGivesTheSameSamples(t *testing.T) {
	root := existing(sharedData)
	if root == "" {
		t.Skip("needs ../shared/data")
	}
	cache := t.TempDir()
	own := Config{Name: "ISIC2017", Folder: "ISIC2017_256", Size: Square(64), Cache: cache}
	folder := Config{
		Name: "Skin spots", Kind: KindFolder, Folder: "ISIC2017_256", Size: Square(64), Cache: cache,
		Images: "ISIC-2017_Training_Data/*.jpg", Labels: "ISIC-2017_Training_Part1_GroundTruth/{stem}_segmentation.png",
		Shares: [3]float64{0.625, 0.075, 0.3},
	}
	var sources [2]Source
	var sets [2]*Dataset
	for i, c := range []Config{own, folder} {
		var err error
		sets[i], err = Open(t.Context(), c, root, 1)
		must(t, err)
		sources[i] = first(t, sets[i]).TrainSource()
	}
	if diff := cmp.Diff(sets[0].splits(), sets[1].splits()); diff != "" {
		t.Fatal(diff)
	}
	ch, h, w := sources[0].Shape()
	for index := range 20 {
		var images, targets [2][]float32
		for i, s := range sources {
			images[i], targets[i] = make([]float32, ch*h*w), make([]float32, h*w)
			must(t, s.Fill(t.Context(), 1, index, images[i], targets[i]))
		}
		if !slices.Equal(images[0], images[1]) || !slices.Equal(targets[0], targets[1]) {
			t.Fatalf("sample %d differs", index)
		}
	}
}

// TestAnImageOnBothSidesOfTheTestIsAWarning: by their files; of which there is none if the copy only trains.
func TestAnImageOnBothSidesOfTheTestIsAWarning(t *testing.T) {
	for part, want := range map[string]string{
		"test":  "a test image is also among those that train or validate: p1_0, which is p0_0 there",
		"train": "",
	} {
		root, dir := drawPairs(t, 6)
		content, err := os.ReadFile(filepath.Join(dir, "images", "p0_0.jpg"))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, "images", "p1_0.jpg"), content, 0o666))
		must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte("image,part\nimages/p0_0.jpg,train\n"+
			"images/p0_1.jpg,validation\nimages/p2_0.jpg,test\nimages/p1_0.jpg,"+part+"\n"), 0o666))
		c := cells(t)
		c.Split = "split.csv"
		ds, err := Open(t.Context(), c, root, 1)
		must(t, err)
		if got := strings.Join(ds.Facts().Warnings, "\n"); got != want {
			t.Errorf("in the part %s: %q, want %q", part, got, want)
		}
	}
}
