package experiments

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/guidetest"
)

// drawOwn draws pairs images/p01_0.jpg and masks/p01_0.png of several sizes, three a patient, into a folder.
func drawOwn(t *testing.T, dir string, n int) {
	t.Helper()
	write := func(path string, content []byte) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		w, h := 30+4*(i%3), 26+2*(i%5)
		photo, label := image.NewRGBA(image.Rect(0, 0, w, h)), image.NewGray(image.Rect(0, 0, w, h))
		for p := range w * h {
			x, y := p%w, p/w
			v := uint8(60 + (7*x+3*y+i)%30)
			if dx, dy := x-w/2-i%5, y-h/2; dx*dx+dy*dy < 60 {
				v += 100
				label.SetGray(x, y, color.Gray{Y: 255})
			}
			photo.SetRGBA(x, y, color.RGBA{v, v / 2, v / 3, 255})
		}
		var a, b bytes.Buffer
		if err := jpeg.Encode(&a, photo, nil); err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(&b, label); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("p%02d_%d", i/3, i%3)
		write(filepath.Join(dir, "images", name+".jpg"), a.Bytes())
		write(filepath.Join(dir, "masks", name+".png"), b.Bytes())
	}
}

// TestTheGuidesOwnPicturesTrain: the matrix that docs/datasets.md shows, on pictures of several sizes.
func TestTheGuidesOwnPicturesTrain(t *testing.T) {
	long(t)
	text := guidetest.Block(t, "..", "docs/datasets.md", "## Own pictures", "toml")
	o := inProcess(t, text)
	o.Profile, o.Data = "first", t.TempDir()
	drawOwn(t, filepath.Join(o.Data, "Kvasir"), 30)
	said := sweepOf(t, o)
	for _, want := range []string{"Other datasets", "Kvasir", "native size 30–38×26–34 px", "30 images at hand"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s\nwithout %q", said, want)
		}
	}
	r := ownRecord(t, o)
	side := map[string]int{}
	for i, list := range [][]string{r.Split.Train, r.Split.Validation, r.Split.Test} {
		for _, id := range list {
			patient := id[:3]
			if was, known := side[patient]; known && was != i {
				t.Errorf("patient %s is on two sides", patient)
			}
			side[patient] = i
		}
	}
	for _, id := range r.Tested {
		if patient := r.Result.Patients[id]; patient == "" || !strings.Contains(id, patient) {
			t.Errorf("image %s is recorded as of patient %q", id, patient)
		}
	}
	if r.Result.Status != evaluate.Finished || len(side) != 10 || r.Dataset.Source != "Kvasir" {
		t.Errorf("%s, %d patients, of %s", r.Result.Status, len(side), r.Dataset.Source)
	}
}

// TestTheGuidesClassesTrain: the same matrix, with the classes that docs/datasets.md shows, on labels in their colours.
func TestTheGuidesClassesTrain(t *testing.T) {
	long(t)
	text := guidetest.Block(t, "..", "docs/datasets.md", "## Own pictures", "toml")
	classes := guidetest.Block(t, "..", "docs/datasets.md", "### Several classes", "toml")
	const labels = "labels = \"masks/{stem}.png\"\n"
	text = strings.Replace(text, labels, labels+classes, 1)
	text = strings.Replace(text, `loss = "bce + dice"`, `loss = "cross-entropy + dice"`, 1)
	o := inProcess(t, text)
	o.Profile, o.Data = "first", t.TempDir()
	dir := filepath.Join(o.Data, "Kvasir")
	drawOwn(t, dir, 30)
	masks, err := filepath.Glob(filepath.Join(dir, "masks", "*.png"))
	if err != nil || len(masks) != 30 {
		t.Fatalf("%d labels, %v", len(masks), err)
	}
	for _, path := range masks {
		m, err := png.Decode(strings.NewReader(read(t, path)))
		if err != nil {
			t.Fatal(err)
		}
		out := image.NewRGBA(m.Bounds())
		for p := range m.Bounds().Dx() * m.Bounds().Dy() {
			x, y := p%m.Bounds().Dx(), p/m.Bounds().Dx()
			c := color.RGBA{A: 255}
			if r, _, _, _ := m.At(x, y).RGBA(); r > 0 {
				c.G = 255
				if y > m.Bounds().Dy()/2 {
					c.R, c.G = 255, 0
				}
			}
			if y == 0 {
				c = color.RGBA{255, 255, 255, 255}
			}
			out.SetRGBA(x, y, c)
		}
		var content bytes.Buffer
		if err := png.Encode(&content, out); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	said := sweepOf(t, o)
	for _, want := range []string{"Kvasir (mean of 2 classes)", "Kvasir (disc)", "Kvasir (cup)"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s\nwithout %q", said, want)
		}
	}
	r := ownRecord(t, o)
	if len(r.Result.Classes) != 2 {
		t.Errorf("%d classes were measured", len(r.Result.Classes))
	}
}

// ownRecord reads the record of a sweep's only run.
func ownRecord(t *testing.T, o Options) Record {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(o.Out, o.Profile, record.RunsFolder, "*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("%v: %v", folders, err)
	}
	r, err := ReadRecord(folders[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestISICAsAFolderTrainsTheSame: to the bit, as through its own loader.
func TestISICAsAFolderTrainsTheSame(t *testing.T) {
	long(t)
	data, err := filepath.Abs("../../shared/data")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(data, "ISIC2017")); err != nil {
		t.Skip("needs ../shared/data/ISIC2017")
	}
	const matrix = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [4, 8]
norm = "batch"

[[dataset]]
%s
folder = "ISIC2017"
size = 48
measure-at = "network"

[[experiment]]
name = "one"

[profile.two]
epochs = 2
batch = 4
learning-rate = 1e-3
`
	own := `name = "Spots"
kind = "folder"
images = "ISIC-2017_Training_Data/ISIC_*.jpg"
labels = "ISIC-2017_Training_Part1_GroundTruth/{stem}_segmentation.png"
shares = [0.65, 0.05, 0.3]`
	var histories, curves []string
	for _, table := range []string{`name = "ISIC2017"`, own} {
		o := inProcess(t, fmt.Sprintf(matrix, table))
		o.Profile, o.Data = "two", data
		sweepOf(t, o)
		r := ownRecord(t, o)
		dir := filepath.Join(o.Out, o.Profile, record.RunsFolder, r.Result.RunID)
		histories = append(histories, read(t, filepath.Join(dir, record.HistoryFile)))
		curves = append(curves, read(t, filepath.Join(dir, record.CurvesFile)))
	}
	if histories[0] != histories[1] {
		t.Errorf("trained otherwise:\n%s\n%s", histories[0], histories[1])
	}
	if curves[0] != curves[1] {
		t.Error("tested otherwise")
	}
}
