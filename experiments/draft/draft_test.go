package draft

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/datasets/phantom"
	"r2unet/experiments/matrix"
	"r2unet/internal/device/cpu"
)

// pictures draws n pairs of w×h px into a folder: bright strips of a width across a grey or coloured ground, and labels
// with a value for each strip in turn.
func pictures(t *testing.T, n, w, h, strip int, coloured bool, values ...uint8) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "strips")
	for i := range n {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		picture, label := image.NewRGBA(image.Rect(0, 0, w, h)), image.NewGray(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				v := uint8(60 + r.IntN(40))
				if k := (y + 5*i) / strip; k%4 == 0 {
					v += 100
					label.SetGray(x, y, color.Gray{Y: values[k/4%len(values)]})
				}
				c := color.RGBA{v, v, v, 255}
				if coloured {
					c.B /= 2
				}
				picture.SetRGBA(x, y, c)
			}
		}
		for folder, m := range map[string]image.Image{"images": picture, "masks": label} {
			writePNG(t, filepath.Join(dir, folder, "p"+strconv.Itoa(i)+".png"), m)
		}
	}
	return dir
}

// drafted writes a draft and loads it.
func drafted(t *testing.T, dir string, o Options) (text, said string, p matrix.Profile) {
	t.Helper()
	var console strings.Builder
	o.Data, o.Out, o.Device, o.Stdout = dir, filepath.Join(t.TempDir(), "own.toml"), "cpu", &console
	if err := Write(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	f, err := matrix.Load(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = f.Profile(""); err != nil {
		t.Fatal(err)
	}
	return string(content), console.String(), p
}

func TestDraftsFollowThePictures(t *testing.T) {
	for name, c := range map[string]struct {
		n, w, h, strip int
		coloured       bool
		values         []uint8
		want           []string // lines, as they begin
	}{
		"small": {10, 96, 64, 8, true, []uint8{255}, []string{
			"channels = [16, 32, 64, 128, 128] #", "augment = { flip = true, rotate = 45, ", `loss = "bce+dice"`,
			"epochs = 50 # about 100 updates", "batch = 4 #", `threshold = "validation"`,
		}},
		"flat": {10, 48, 20, 4, false, []uint8{1}, []string{
			`input = "grey"`, "channels = [16, 32, 64] #",
			"augment = { flip = true, rotate = 45, scale = 0.2, brightness-factor = 0.25, contrast-factor = 0.25 }",
		}},
		"classes": {10, 64, 64, 4, true, []uint8{1, 3}, []string{
			`classes = [{ name = "background", value = 0 }, { name = "class 1", value = 1 }, { name = "class 2", value = 3 }]`,
			`loss = "cross-entropy+dice"`,
		}},
		"large, coarse": {5, 640, 480, 60, false, []uint8{255}, []string{"size = [288, 224]"}},
		"large, fine": {5, 640, 480, 6, false, []uint8{255}, []string{
			"patch = 256 #", "patches = 15 #", "validation-patches = 5",
		}},
	} {
		text, said, p := drafted(t, pictures(t, c.n, c.w, c.h, c.strip, c.coloured, c.values...), Options{Updates: 100})
		for _, want := range c.want {
			if !strings.Contains(text, "\n"+want) {
				t.Errorf("%s: no line begins with %q in\n%s", name, want, text)
			}
		}
		if p.Name != "strips" || p.Schedule != "cosine" || p.Select != "f1" {
			t.Errorf("%s: %+v", name, p)
		}
		for _, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "#     ") && len([]rune(line)) > 120 {
				t.Errorf("%s: a comment of %d characters", name, len(line))
			}
		}
		if !strings.Contains(said, strconv.Itoa(c.n)+" pairs of images/*.png and masks/{stem}.png") ||
			!strings.Contains(said, "to train:\n\n    go run ./cmd/sweep -config ") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// TestWarningsStandInTheFile, and on the console.
func TestWarningsStandInTheFile(t *testing.T) {
	dir := pictures(t, 6, 32, 32, 8, true, 255)
	content, err := os.ReadFile(filepath.Join(dir, "images", "p2.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "images", "p2.jpg"), content, 0o666); err != nil {
		t.Fatal(err)
	}
	text, said, _ := drafted(t, dir, Options{})
	const warning = `1 picture that is called like an image is left out by images = "images/*.png", such as images/p2.j`
	if !strings.Contains(said, "\nwarning: "+warning) || !strings.Contains(text, "\n# Warnings:\n# - "+warning[:60]) {
		t.Errorf("%s\n%s", said, text)
	}
}

// TestAPatientIsProposedWhereNamesTellOne, in words alone elsewhere.
func TestAPatientIsProposedWhereNamesTellOne(t *testing.T) {
	dir := pictures(t, 6, 32, 32, 8, true, 255)
	const words = "if not, set patient, an expression that finds the patient in the path of an image, or test results"
	_, said, _ := drafted(t, dir, Options{})
	if !strings.Contains(said, words) || strings.Contains(said, "patient = ") {
		t.Error(said)
	}
	for i := range 6 {
		for _, folder := range []string{"images", "masks"} {
			from, to := "p"+strconv.Itoa(i)+".png", "p"+strconv.Itoa(i/2)+"_"+strconv.Itoa(i%2)+".png"
			if err := os.Rename(filepath.Join(dir, folder, from), filepath.Join(dir, folder, "new_"+to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var text string
	text, said, _ = drafted(t, dir, Options{})
	const key = `patient = '^images/new_(p\d+)', which finds 3 patients in these 6 images, or test results are too good`
	if !strings.Contains(said, key) || !strings.Contains(text, key[:35]) {
		t.Error(said, text)
	}
}

// TestTheLargestSidesAreNoSize: the widest image and the highest one may be two.
func TestTheLargestSidesAreNoSize(t *testing.T) {
	dir, wide := pictures(t, 6, 32, 48, 8, true, 255), pictures(t, 6, 100, 16, 8, true, 255)
	for _, folder := range []string{"images", "masks"} {
		if err := os.Rename(filepath.Join(wide, folder, "p0.png"), filepath.Join(dir, folder, "p0.png")); err != nil {
			t.Fatal(err)
		}
	}
	if _, said, _ := drafted(t, dir, Options{}); !strings.Contains(said,
		"2 sizes, 32×48 px in the middle, at most 100 px wide and 48 px high") {
		t.Error(said)
	}
}

func TestContentIsAboutADozenLines(t *testing.T) {
	text, _, _ := drafted(t, pictures(t, 10, 64, 64, 8, true, 255), Options{})
	n := 0
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "=") && !strings.HasPrefix(line, "#") {
			n++
		}
	}
	if n > 18 {
		t.Errorf("%d lines:\n%s", n, text)
	}
}

func TestBatchFitsIntoMemory(t *testing.T) {
	s, err := look(t.Context(), pictures(t, 10, 64, 64, 8, true, 255))
	if err != nil {
		t.Fatal(err)
	}
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	enough, err := decide(s, 100, dev, 4<<30)
	if err != nil || enough.batch != leastBatch {
		t.Fatalf("batch = %d: %v", enough.batch, err)
	}
	low, high := int64(0), int64(4<<30) // the least memory that takes a batch of 4, to a megabyte
	for high-low > 1<<20 {
		if p, err := decide(s, 100, dev, (low+high)/2); err == nil && p.batch == leastBatch {
			high = (low + high) / 2
		} else {
			low = (low + high) / 2
		}
	}
	if p, err := decide(s, 100, dev, low); err != nil || p.batch >= leastBatch ||
		!strings.Contains(p.whyBatch, "as many as fit") {
		t.Errorf("batch = %d because %s: %v", p.batch, p.whyBatch, err)
	}
	if _, err := decide(s, 100, dev, 1<<20); err == nil ||
		!strings.Contains(err.Error(), "not even one sample of 64×64 px") {
		t.Errorf("error is %v", err)
	}
}

func TestNothingIsWrittenOverOrWithoutPairs(t *testing.T) {
	dir := pictures(t, 6, 32, 32, 8, true, 255)
	there := filepath.Join(t.TempDir(), "there.toml")
	if err := os.WriteFile(there, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	missing := pictures(t, 6, 32, 32, 8, true, 255)
	if err := os.Remove(filepath.Join(missing, "masks", "p2.png")); err != nil {
		t.Fatal(err)
	}
	lost := pictures(t, 6, 32, 32, 8, true, 255) // as a folder that may not be read
	if err := os.RemoveAll(filepath.Join(lost, "images")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(lost, "images")); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"images: is a symbolic link that leads to nothing: give yourself the right to read it, or mend the link. Found: 6 masks/*.png": {Data: lost},
		"-data is missing":              {},
		"is already there":              {Data: dir, Out: there},
		"-out: stat ":                   {Data: dir, Out: filepath.Join(dir, "no", "new.toml")},
		"-updates -1":                   {Data: dir, Updates: -1},
		"no such file":                  {Data: filepath.Join(dir, "nothing")},
		"Found: 6 *.png; no two groups": {Data: filepath.Join(dir, "images")},
		"images/p2.png: has no label":   {Data: missing},
		"one picture of a kind":         {Data: pictures(t, 1, 32, 32, 8, true, 255)},
		"takes 3 images":                {Data: pictures(t, 2, 32, 32, 8, true, 255)},
	} {
		o.Device, o.Stdout = "cpu", &strings.Builder{}
		if o.Out == "" {
			o.Out = filepath.Join(t.TempDir(), "new.toml")
		}
		if err := Write(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
		if _, err := os.Stat(o.Out); o.Out != there && err == nil {
			t.Errorf("%q: a file was written", want)
		}
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "mine" {
		t.Errorf("%q %v", text, err)
	}
}

func TestKnownDatasetsAreNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "eyes")
	if err := datasets.DrawPhantom(t.Context(), "CHASE_DB1", dir, phantom.Options{Images: 6, Shrink: 8}); err != nil {
		t.Fatal(err)
	}
	if _, said, _ := drafted(t, dir, Options{}); !strings.Contains(said,
		`are those of CHASE_DB1, for which name = "CHASE_DB1" without`) {
		t.Error(said)
	}
}

// TestNamesStayWhereTheyBelong: line breaks and escape characters in names end no comment and no string.
func TestNamesStayWhereTheyBelong(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no such names")
	}
	dir := filepath.Join(t.TempDir(), "a\nepochs = 1\n\"b\"'\x1b[2J")
	for folder, odd := range map[string]string{"images": "\"im\x1b\nimages", "masks": "masks"} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(pictures(t, 6, 32, 32, 8, true, 255), folder),
			filepath.Join(dir, odd)); err != nil {
			t.Fatal(err)
		}
	}
	text, _, p := drafted(t, dir, Options{Updates: 6})
	if p.Epochs != 6 || strings.Contains(text, "\x1b") {
		t.Errorf("%d epochs in\n%q", p.Epochs, text)
	}
}

// TestOwnLoaderIsNamedWhereLabelsWouldBeMistaken drafts for a copy of DRIVE, whose fields of view are called like its
// images, and whose labels are not.
func TestOwnLoaderIsNamedWhereLabelsWouldBeMistaken(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "DRIVE")
	for _, part := range []string{"training", "test"} {
		for i := range 3 {
			number := strconv.Itoa(21 + i)
			for _, name := range []string{
				"images/" + number + "_" + part + ".png",
				"1st_manual/" + number + "_manual1.png",
				"mask/" + number + "_" + part + "_mask.png",
			} {
				m := image.NewGray(image.Rect(0, 0, 40, 40))
				for j := range m.Pix {
					if strings.HasPrefix(name, "images/") {
						m.Pix[j] = uint8(j)
					} else if j%40 > 8 {
						m.Pix[j] = 255
					}
				}
				writePNG(t, filepath.Join(dir, part, name), m)
			}
		}
	}
	var console strings.Builder
	out := filepath.Join(t.TempDir(), "drive.toml")
	err := Write(t.Context(), Options{Data: dir, Out: out, Device: "cpu", Stdout: &console})
	if err == nil || !strings.Contains(err.Error(), "_mask.png would be taken for a label") ||
		!strings.Contains(err.Error(), `name = "DRIVE"`) {
		t.Errorf("%v\n%s", err, &console)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a matrix was written")
	}
}

func writePNG(t *testing.T, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
