package verify

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

const sharedData = "../../../shared/data"

// drawn returns a data folder with one small, altered phantom.
func drawn(t *testing.T, name string, images, shrink int, change func(dir string)) string {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, name)
	o := phantom.Options{Seed: 1, Images: images, Shrink: shrink}
	if err := datasets.DrawPhantom(context.Background(), name, dir, o); err != nil {
		t.Fatal(err)
	}
	change(dir)
	return root
}

func check1(t *testing.T, root, name string) Dataset {
	t.Helper()
	r, err := Check(context.Background(), root, Options{}, name)
	if err != nil {
		t.Fatal(err)
	}
	return r.Datasets[0]
}

// has reports whether there is a finding of a level whose file and text contain the given strings.
func (d Dataset) has(level Level, file, text string) bool {
	for _, f := range d.Findings {
		if f.Level == level && strings.Contains(f.File, file) && strings.Contains(f.Text, text) {
			return true
		}
	}
	return false
}

func TestRealChaseIsAllWell(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes 84 files")
	}
	if _, err := os.Stat(filepath.Join(sharedData, "CHASE_DB1")); err != nil {
		t.Skip("no copy of CHASE_DB1 beside the project")
	}
	r, err := Check(context.Background(), sharedData, Options{}, "CHASE_DB1")
	if err != nil {
		t.Fatal(err)
	}
	d := r.Datasets[0]
	if r.ExitCode() != ExitWell || d.Counts[0].Found != [2]int{1_861_974, 24_991_146} || d.Images["all"] != 28 ||
		d.FOV.Generated != 28 {
		t.Errorf("exit code %d, %+v", r.ExitCode(), d)
	}
	if d.FOV.Share[0] < 0.64 || d.FOV.Share[1] > 0.70 {
		t.Errorf("fields of view cover %.3f to %.3f of an image", d.FOV.Share[0], d.FOV.Share[1])
	}
}

func TestEveryKindOfDamageIsFound(t *testing.T) {
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	label := func(path string, w, h int, pixels ...byte) {
		m := image.NewGray(image.Rect(0, 0, w, h))
		copy(m.Pix, pixels)
		var b bytes.Buffer
		must(png.Encode(&b, m))
		must(os.WriteFile(path, b.Bytes(), 0o666))
	}
	isic := drawn(t, "ISIC2017", 12, 2, func(dir string) {
		data := filepath.Join(dir, "ISIC-2017_Training_Data")
		truth := filepath.Join(dir, "ISIC-2017_Training_Part1_GroundTruth")
		must(os.Truncate(filepath.Join(data, "ISIC_0000001.jpg"), 1000))
		must(os.Remove(filepath.Join(truth, "ISIC_0000003_segmentation.png")))
		label(filepath.Join(truth, "ISIC_0000006_segmentation.png"), 5, 5)
		image7, err := os.ReadFile(filepath.Join(data, "ISIC_0000007.jpg"))
		must(err)
		must(os.WriteFile(filepath.Join(dir, "ISIC-2017_Test_v2_Data", "ISIC_0000019.jpg"), image7, 0o666))
		must(os.WriteFile(filepath.Join(truth, "ISIC_0099999_segmentation.png"), image7, 0o666))
	})
	d := check1(t, isic, "ISIC2017")
	for _, want := range []Finding{
		{Error, "ISIC_0000001.jpg", "decode: jpeg"},
		{Warning, "ISIC_0000003.jpg", "has no label; it is left out"},
		{Error, "ISIC_0000006_segmentation.png", "is 5×5 px, but its image"},
		{Warning, "ISIC_0099999_segmentation.png", "no image of that name"},
		{Warning, "ISIC_0000007.jpg", "the same pixels as ISIC-2017_Test_v2_Data/ISIC_0000019.jpg"},
		{Warning, "", `split = "official" has 1 pictures with identical pixels on both sides`},
		{Warning, "", "labelled images (train) instead of the official 2000"},
		{Note, "superpixels", "neither images nor labels"},
	} {
		if !d.has(want.Level, want.File, want.Text) {
			t.Errorf("ISIC2017: no %s %q %q in %+v", want.Level, want.File, want.Text, d.Findings)
		}
	}
	lung := drawn(t, "Lung", 6, 1, func(dir string) {
		label(filepath.Join(dir, "2d_masks", "ID_0000_Z_0060.tif"), 512, 512, 0, 90, 200)
		label(filepath.Join(dir, "2d_masks", "ID_0000_Z_0100.tif"), 512, 512)
		label(filepath.Join(dir, "2d_images", "ID_0001_Z_0061.tif"), 512, 512, 1, 2, 3)
	})
	d = check1(t, lung, "Lung")
	for _, want := range []Finding{
		{Error, "2d_masks/ID_0000_Z_0060.tif", "0, 90, 200"},
		{Warning, "2d_masks/ID_0000_Z_0100.tif", "nothing is labelled"},
		{Warning, "2d_images/ID_0001_Z_0061.tif", "8 bits"},
		{Note, "", `split = "paper" has 2 patients on both sides`},
	} {
		if !d.has(want.Level, want.File, want.Text) {
			t.Errorf("Lung: no %s %q %q in %+v", want.Level, want.File, want.Text, d.Findings)
		}
	}
	if d.Worst() != Error {
		t.Errorf("the worst finding is %s", d.Worst())
	}
}

// TestTheSplitOfTheTableIsJudgedAlone: what another split would do says nothing about the sweep.
func TestTheSplitOfTheTableIsJudgedAlone(t *testing.T) {
	root := drawn(t, "Lung", 6, 1, func(string) {})
	for split, want := range map[string]bool{"": true, "paper": true, "kfold": false} {
		o := Options{Tables: []datasets.Config{{Name: "Lung", Split: split, Folds: 2}}}
		if split != "kfold" {
			o.Tables[0].Folds = 0
		}
		r, err := Check(t.Context(), root, o, "Lung")
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(r.Datasets[0].Findings, func(f Finding) bool {
			return strings.Contains(f.Text, `split = "paper" has 2 patients on both sides`)
		})
		if found != want {
			t.Errorf("split = %q: %+v", split, r.Datasets[0].Findings)
		}
	}
}

// TestACopyIsTriedWithTheSettingsOfItsTable: what a sweep with the same table refuses is an error, and nothing else.
func TestACopyIsTriedWithTheSettingsOfItsTable(t *testing.T) {
	root := drawn(t, "STARE", 3, 4, func(dir string) {
		for _, name := range []string{"labels-vk/im0002.vk.ppm.gz", "labels-ah/im0001.ah.ppm.gz"} {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(dir, "labels-vk", "im0003.vk.ppm.gz")
		if err := os.WriteFile(file, []byte("no picture"), 0o666); err != nil {
			t.Fatal(err)
		}
	})
	for name, c := range map[string]struct {
		table datasets.Config
		error string // "" = warnings alone
	}{
		"as usual":     {datasets.Config{Patch: 48, Patches: 1}, ""},
		"strict":       {datasets.Config{Patch: 48, Patches: 1, Strict: true}, "without strict = true the rest is used"},
		"large patch":  {datasets.Config{Patch: 300, Patches: 1}, "patch = 300: is larger than the image"},
		"many folds":   {datasets.Config{Patch: 48, Patches: 1, Split: "kfold", Folds: 5}, "folds = 5"},
		"observer = 2": {datasets.Config{Patch: 48, Patches: 1, Observer: 2}, "im0003.vk.ppm.gz"},
	} {
		c.table.Name = "STARE"
		r, err := Check(t.Context(), root, Options{Tables: []datasets.Config{c.table}}, "STARE")
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, f := range r.Datasets[0].Findings {
			if f.Level == Error {
				found += f.File + ": " + f.Text + "\n"
			}
		}
		if (found != "") != (c.error != "") || !strings.Contains(found, c.error) {
			t.Errorf("%s: errors %q, want %q", name, found, c.error)
		}
	}
}

// TestWhatOnlySomeSettingsReadIsNoError damages what a sweep with usual settings never opens.
func TestWhatOnlySomeSettingsReadIsNoError(t *testing.T) {
	root := drawn(t, "STARE", 3, 2, func(dir string) {
		if err := os.WriteFile(filepath.Join(dir, "labels-vk", "im0002.vk.ppm.gz"), []byte("no picture"),
			0o666); err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(filepath.Dir(dir), "stare")
		if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
			t.Skip(err)
		}
	})
	d := check1(t, root, "STARE")
	if d.Worst() != Warning || !d.has(Warning, "labels-vk/im0002.vk.ppm.gz",
		"a sweep with observer = 2 would refuse it") {
		t.Errorf("%+v", d.Findings)
	}
	if !d.has(Note, "", "has 3 labelled images of this dataset, too, and is not used") {
		t.Errorf("the other copy is not noted: %+v", d.Findings)
	}
}

func TestGeneratedMasksAgreeWithShippedOnes(t *testing.T) {
	d := check1(t, drawn(t, "DRIVE", 2, 1, func(string) {}), "DRIVE")
	if d.FOV.Shipped != 2 || len(d.FOV.Dice) != 2 {
		t.Fatalf("%+v", d.FOV)
	}
	for _, v := range d.FOV.Dice {
		if v.Dice < goodDice {
			t.Errorf("%s: Dice %.4f", v.ID, v.Dice)
		}
	}
	if len(d.Counts) != 2 || d.Counts[0].Found[0] == 0 || d.Counts[0].Found[1] >= d.Counts[1].Found[1] {
		t.Errorf("counts %+v", d.Counts)
	}
}

func TestExitCodesAndText(t *testing.T) {
	for _, c := range []struct {
		datasets []Dataset
		code     int
		text     string
	}{
		{[]Dataset{{Name: "DRIVE"}}, ExitUnusable, "no known dataset found"},
		{[]Dataset{{Name: "DRIVE", Found: true}}, ExitWell, "all well"},
		{[]Dataset{{Name: "DRIVE", Found: true, Findings: []Finding{{Note, "", "n"}}}}, ExitWell, "note: n"},
		{
			[]Dataset{{Name: "DRIVE", Found: true, Findings: []Finding{{Warning, "", "w"}}}},
			ExitWarnings, "usable, with warnings",
		},
		{[]Dataset{
			{Name: "DRIVE", Found: true, Findings: []Finding{{Error, "f", "e"}, {Warning, "", "w"}}},
			{Name: "STARE"},
		}, ExitUnusable, "error: f: e"},
	} {
		r := Report{Folder: "data", Datasets: c.datasets}
		var b strings.Builder
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		if r.ExitCode() != c.code || !strings.Contains(b.String(), c.text) {
			t.Errorf("%+v: exit code %d, text %q", c.datasets, r.ExitCode(), b.String())
		}
	}
}

func TestCheckRefusesAMissingFolderAndUnknownNames(t *testing.T) {
	if _, err := Check(context.Background(), filepath.Join(t.TempDir(), "gone"), Options{}); err == nil ||
		!strings.Contains(err.Error(), "gone") {
		t.Errorf("%v", err)
	}
	if _, err := Check(context.Background(), t.TempDir(), Options{}, "MESSIDOR"); err == nil ||
		!strings.Contains(err.Error(), "MESSIDOR") {
		t.Errorf("%v", err)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1861974: "1,861,974"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestALabelThatIsAnothersIsNamed(t *testing.T) {
	root := drawn(t, "DRIVE", 4, 8, func(dir string) {
		labels, err := filepath.Glob(filepath.Join(dir, "training", "1st_manual", "*"))
		if err != nil || len(labels) < 2 {
			t.Fatal(labels, err)
		}
		data, err := os.ReadFile(labels[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(labels[1], data, 0o666); err != nil {
			t.Fatal(err)
		}
	})
	d := check1(t, root, "DRIVE")
	if !d.has(Warning, "21_manual1", "labels the same pixels as training/1st_manual/22_manual1") {
		t.Errorf("%+v", d.Findings)
	}
}

// TestOneImageOfOtherBitsAndOneInvertedLabelAreNamed: the white of the one is another.
func TestOneImageOfOtherBitsAndOneInvertedLabelAreNamed(t *testing.T) {
	root := t.TempDir()
	for i, name := range []string{"a", "b", "c", "d"} {
		m := image.NewGray(image.Rect(0, 0, 16, 16))
		for p := range m.Pix {
			m.Pix[p] = uint8(i*p + p)
		}
		var picture image.Image = m
		if name == "c" {
			deep := image.NewGray16(m.Rect)
			for p := range m.Pix {
				deep.SetGray16(p%16, p/16, color.Gray16{Y: uint16(m.Pix[p]) << 4})
			}
			picture = deep
		}
		label := image.NewGray(m.Rect)
		for p := range label.Pix {
			if inside := p >= i+16 && p < 80+i; inside != (name == "d") {
				label.Pix[p] = 255
			}
		}
		for folder, m := range map[string]image.Image{"images": picture, "masks": label} {
			var content bytes.Buffer
			err := png.Encode(&content, m)
			if err == nil {
				err = os.MkdirAll(filepath.Join(root, "own", folder), 0o777)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(root, "own", folder, name+".png"), content.Bytes(), 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	table := datasets.Config{
		Name: "own", Kind: datasets.KindFolder, Images: "images/*.png", Labels: "masks/{stem}.png", Input: "grey",
	}
	r, err := Check(t.Context(), root, Options{Tables: []datasets.Config{table}}, "own")
	if err != nil {
		t.Fatal(err)
	}
	d := r.Datasets[0]
	if !d.has(Warning, "c.png", "has samples of type uint16, and 3 others have uint8") ||
		d.has(Warning, "a.png", "samples") || !d.has(Warning, "", "masks/d.png looks inverted: 75 % of the pixels") {
		t.Errorf("%+v", d.Findings)
	}
}

// TestOneWindowForSamplesOfSeveralTypesIsAWarning, but for CT numbers, which are the same in every type.
func TestOneWindowForSamplesOfSeveralTypesIsAWarning(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(path string, m *raster.Image) {
		t.Helper()
		must(os.MkdirAll(filepath.Dir(path), 0o777))
		f, err := os.Create(path)
		must(err)
		must(tiff.Encode(f, m, tiff.Options{}))
		must(f.Close())
	}
	root := t.TempDir()
	for i, samples := range []raster.Type{raster.Int16, raster.Int16, raster.Int16, raster.Uint16} {
		m, label := raster.New(16, 16, 1, samples), raster.New(16, 16, 1, raster.Uint8)
		for p := range 256 {
			m.Data[2*p], m.Data[2*p+1] = byte(p+i), byte(p%3)
			label.Data[p] = byte(p / 128 * 255)
		}
		write(filepath.Join(root, "own", "images", fmt.Sprint(i, ".tif")), m)
		write(filepath.Join(root, "own", "masks", fmt.Sprint(i, ".tif")), label)
	}
	table := datasets.Config{
		Name: "own", Kind: datasets.KindFolder, Images: "images/*.tif", Labels: "masks/{stem}.tif",
		Window: [2]float64{0, 1000},
	}
	r, err := Check(t.Context(), root, Options{Tables: []datasets.Config{table}}, "own")
	must(err)
	if d := r.Datasets[0]; !d.has(Warning, "images/3.tif", "has samples of type uint16, and 3 others have int16: one "+
		"window is for all") || d.has(Warning, "images/0.tif", "samples") {
		t.Errorf("%+v", d.Findings)
	}

	lung := drawn(t, "Lung", 6, 1, func(dir string) {
		path := filepath.Join(dir, "2d_images", "ID_0000_Z_0060.tif")
		m, err := files.Picture(t.Context(), path)
		must(err)
		floats := raster.New(m.Width, m.Height, 1, raster.Float32)
		for i := range m.Samples() {
			binary.LittleEndian.PutUint32(floats.Data[4*i:], math.Float32bits(float32(m.At(i))))
		}
		write(path, floats)
	})
	if d := check1(t, lung, "Lung"); d.has(Warning, "", "samples of type") {
		t.Errorf("one slice of floats: %+v", d.Findings)
	}
}

// TestSwappedFoldersAreAWarning: label-threshold would read photographs as labels.
func TestSwappedFoldersAreAWarning(t *testing.T) {
	for swapped, folders := range map[bool][2]string{true: {"masks", "images"}, false: {"images", "masks"}} {
		root := t.TempDir()
		for i, folder := range folders {
			if err := os.MkdirAll(filepath.Join(root, "own", folder), 0o777); err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				m := image.NewGray(image.Rect(0, 0, 32, 32))
				for p := range m.Pix {
					if m.Pix[p] = uint8(p/4 + n); i == 1 {
						m.Pix[p] = uint8(p / 512 * 255)
					}
				}
				var content bytes.Buffer
				if err := png.Encode(&content, m); err != nil {
					t.Fatal(err)
				}
				name := filepath.Join(root, "own", folder, fmt.Sprint(n, ".png"))
				if err := os.WriteFile(name, content.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		table := datasets.Config{
			Name: "own", Kind: datasets.KindFolder, Images: "images/*.png", Labels: "masks/{stem}.png", Input: "grey",
			LabelThreshold: 0.5,
		}
		r, err := Check(t.Context(), root, Options{Tables: []datasets.Config{table}}, "own")
		if err != nil {
			t.Fatal(err)
		}
		if d := r.Datasets[0]; d.has(Warning, "", "look whether the two are swapped") != swapped {
			t.Errorf("swapped %v: %+v", swapped, d.Findings)
		}
	}
}

// TestGreysStoredAsColoursAreNotCalledColours: a PNG of greys with alpha has four channels.
func TestGreysStoredAsColoursAreNotCalledColours(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"images", "masks"} {
		if err := os.MkdirAll(filepath.Join(root, "own", folder), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, blue := range map[string]uint8{"grey": 0, "colour": 9} {
		picture, label := image.NewNRGBA(image.Rect(0, 0, 16, 16)), image.NewGray(image.Rect(0, 0, 16, 16))
		for i := range label.Pix {
			v := uint8(100 + i/2)
			picture.SetNRGBA(i%16, i/16, color.NRGBA{R: v, G: v, B: v - blue, A: uint8(i)})
			label.Pix[i] = uint8(i / 128 * 255)
		}
		for folder, m := range map[string]image.Image{"images": picture, "masks": label} {
			var content bytes.Buffer
			if err := png.Encode(&content, m); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(root, "own", folder, name+".png")
			if err := os.WriteFile(to, content.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	table := datasets.Config{
		Name: "own", Kind: datasets.KindFolder, Images: "images/*.png", Labels: "masks/{stem}.png", Input: "grey",
	}
	r, err := Check(t.Context(), root, Options{Tables: []datasets.Config{table}}, "own")
	if err != nil {
		t.Fatal(err)
	}
	d := r.Datasets[0]
	if d.has(Note, "images/grey.png", "is in colour") || !d.has(Note, "images/colour.png", "is in colour") {
		t.Errorf("%+v", d.Findings)
	}
}
