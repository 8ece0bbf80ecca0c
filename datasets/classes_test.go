package datasets_test

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"r2unet/datasets"
)

// organs is a label of 8×10 px: background, a band of disc with cup inside, and a corner that is ignored.
func organs(n int) []uint8 {
	out := make([]uint8, 8*10)
	for y := 2; y < 7; y++ {
		for x := range 8 {
			out[y*8+x] = 1
		}
	}
	out[4*8+n], out[5*8+n] = 2, 2
	out[79] = datasets.NoClass
	return out
}

// drawOrgans draws four images with labels that a function colours.
func drawOrgans(t *testing.T, dir string, paint func(classes []uint8) image.Image) {
	t.Helper()
	for n := 1; n <= 4; n++ {
		grey := image.NewGray(image.Rect(0, 0, 8, 10))
		grey.SetGray(n, n, color.Gray{200})
		for folder, m := range map[string]image.Image{"images": grey, "labels": paint(organs(n))} {
			if err := os.MkdirAll(filepath.Join(dir, folder), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(filepath.Join(dir, folder, strconv.Itoa(n)+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, m); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var organColours = map[uint8]color.RGBA{
	0: {A: 255}, 1: {G: 255, A: 255}, 2: {R: 255, A: 255}, datasets.NoClass: {R: 255, G: 255, B: 255, A: 255},
}

// stored has 255 where pixels are ignored.
func stored(classes []uint8) []uint8 {
	out := slices.Clone(classes)
	for i, c := range out {
		if c == datasets.NoClass {
			out[i] = 255
		}
	}
	return out
}

func greyLabel(classes []uint8) image.Image {
	return &image.Gray{Pix: stored(classes), Stride: 8, Rect: image.Rect(0, 0, 8, 10)}
}

func colourLabel(classes []uint8) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 8, 10))
	for i, c := range classes {
		m.SetRGBA(i%8, i/8, organColours[c])
	}
	return m
}

// indexedLabel has the class as index of a palette of colours.
func indexedLabel(classes []uint8) image.Image {
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = color.RGBA{uint8(i), 77, uint8(255 - i), 255}
	}
	return &image.Paletted{Pix: stored(classes), Stride: 8, Rect: image.Rect(0, 0, 8, 10), Palette: palette}
}

// decoded is a [[dataset]] table of these keys.
func decoded(t *testing.T, keys string) (c datasets.Config, err error) {
	t.Helper()
	_, err = toml.Decode("name = \"organs\"\nnormalize = \"none\"\n"+keys, &c)
	return c, err
}

const (
	byNames  = "classes = [\"background\", \"disc\", \"cup\"]\nignore = 255\n"
	byColour = `classes = [
  {name = "background", color = "#000000"}, {name = "disc", color = "#00FF00"}, {name = "cup", color = "#ff0000"},
]
ignore = "#ffffff"
`
)

func init() { datasets.Register(dots("organs")) }

// openOrgans opens labels of one kind.
func openOrgans(t *testing.T, keys string, paint func([]uint8) image.Image) (*datasets.Dataset, error) {
	t.Helper()
	root := t.TempDir()
	drawOrgans(t, filepath.Join(root, "organs"), paint)
	c, err := decoded(t, keys)
	if err != nil {
		t.Fatal(err)
	}
	c.Cache = t.TempDir()
	return datasets.Open(t.Context(), c, root, 1)
}

// TestClassesAreReadByValueColourAndIndex, and from the cache.
func TestClassesAreReadByValueColourAndIndex(t *testing.T) {
	for name, c := range map[string]struct {
		keys  string
		paint func([]uint8) image.Image
	}{
		"greys": {byNames, greyLabel}, "colours": {byColour, colourLabel}, "indices": {byNames, indexedLabel},
	} {
		ds, err := openOrgans(t, c.keys, c.paint)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s, err := ds.Load(t.Context(), "2")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !slices.Equal(s.Truth, organs(2)) {
				t.Errorf("%s: truth %v", name, s.Truth)
			}
		}
	}
}

// TestValuesThatAreNoClassAreNamed with their file and place.
func TestValuesThatAreNoClassAreNamed(t *testing.T) {
	for want, c := range map[string]struct {
		keys  string
		paint func([]uint8) image.Image
	}{
		"labels/1.png: its value 255 at column 7, row 9 is no class; there are 0 (background), 1 (disc), 2 (cup)": {
			`classes = ["background", "disc", "cup"]`, greyLabel,
		},
		"labels/1.png: its values #00ff00 at column 0, row 2, #ff0000 at column 1, row 4 are no classes": {
			byNames, colourLabel,
		},
		"labels/1.png: its value #ffffff at column 7, row 9 is no class; there are #000000 (background), #00ff00 (disc)": {
			strings.ReplaceAll(byColour, "ignore = \"#ffffff\"\n", ""), colourLabel,
		},
	} {
		ds, err := openOrgans(t, c.keys, c.paint)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ds.Load(t.Context(), "1"); err == nil || !strings.Contains(filepath.ToSlash(err.Error()), want) {
			t.Errorf("error %v, expected one with %s", err, want)
		}
	}
}

// TestSamplesHaveClasses: whatever is done to a picture, targets are classes, or −1 where they are ignored, and those
// of resized labels are the nearest pixels'.
func TestSamplesHaveClasses(t *testing.T) {
	ds, err := openOrgans(t, byNames+"patch = 6\npatches = 40\nsampling = \"balanced\"\n"+
		"[augment]\nflip = true\nrotate = 30\nelastic = 2\n", greyLabel)
	if err != nil {
		t.Fatal(err)
	}
	fold, err := ds.Fold(0)
	if err != nil {
		t.Fatal(err)
	}
	src := fold.TrainSource()
	image, target := make([]float32, 36), make([]float32, 36)
	centres := map[float32]int{}
	seen := map[float32]bool{}
	for i := range src.Len() {
		if err := src.Fill(t.Context(), 0, i, image, target); err != nil {
			t.Fatal(err)
		}
		for _, v := range target {
			seen[v] = true
		}
	}
	places, err := fold.PatchCentres(t.Context(), 0, "3")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range places {
		centres[float32(organs(3)[at[1]*8+at[0]])]++
	}
	if len(seen) != 4 || !seen[-1] || !seen[0] || !seen[1] || !seen[2] {
		t.Errorf("targets hold %v, expected -1, 0, 1 and 2", seen)
	}
	if len(centres) != 3 {
		t.Errorf("balanced patches have %v in their centres, expected all three classes", centres)
	}

	ds, err = openOrgans(t, byNames+"size = 4\n", greyLabel)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ds.Load(t.Context(), "3")
	if err != nil {
		t.Fatal(err)
	}
	// Rows 1, 3, 6 and 8, columns 1, 3, 5 and 7.
	if want := []uint8{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}; !slices.Equal(s.Truth, want) {
		t.Errorf("resized truth %v, expected %v", s.Truth, want)
	}
}

// TestClassesOfTwoNamesAreForegroundAndBackground: they may have values of their own, and ignored pixels.
func TestClassesOfTwoNamesAreForegroundAndBackground(t *testing.T) {
	ds, err := openOrgans(t, `classes = [{name = "background", value = 0}, {name = "disc", value = 1}]
ignore = 255
`, func(classes []uint8) image.Image {
		for i, c := range classes {
			if c == 2 {
				classes[i] = 1
			}
		}
		return greyLabel(classes)
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := ds.Load(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if slices.Max(s.Truth[:79]) != 1 || s.Truth[79] != datasets.NoClass {
		t.Errorf("truth %v", s.Truth)
	}
}

// TestClassesAreCheckedWhenRead: each mistake is named by its key.
func TestClassesAreCheckedWhenRead(t *testing.T) {
	for keys, want := range map[string]string{
		`classes = ["one"]`:                             "classes: there are 1: must be 2 to 64",
		`classes = ["a", ""]`:                           "classes: class 1: name: is empty",
		`classes = ["a", "A"]`:                          `classes: "A" occurs twice`,
		`classes = ["a", "b,c"]`:                        `name = "b,c": must consist of letters`,
		`classes = ["a", "mean"]`:                       `name = "mean": tables call`,
		`classes = ["a", {name = "b", value = 0}]`:      "classes: a and b both have the value 0",
		`classes = ["a", {name = "b", color = "red"}]`:  `"red" is no value`,
		`classes = ["a", {name = "b", color = "#12"}]`:  `"#12" is no color`,
		`classes = ["a", {name = "b", value = -1}]`:     `"-1" is no value: expected a number from 0 to 65535`,
		`classes = ["a", {name = "b"}]`:                 `"b": expected either value or color`,
		`classes = ["a", {name = "b", colour = "#f"}]`:  `unknown key "colour"`,
		`classes = "a"`:                                 "expected a list such as",
		`classes = ["a", 3]`:                            "class 1: expected a name or a table",
		"classes = [\"a\", \"b\"]\nignore = 1":          "ignore = 1: is the value of b",
		"ignore = 255":                                  "ignore = 255: goes with classes only",
		"classes = [\"a\", \"b\"]\nlabel-threshold=0.5": "label-threshold = 0.5: does not go with classes",
		`classes = [{name = "a", value = 255}, {name = "b", color = "#ffffff"}]`: "both have the value #ffffff",
	} {
		c, err := decoded(t, keys)
		if err == nil {
			err = c.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, expected one with %s", keys, err, want)
		}
	}
}

// TestClassesHaveOneSpelling: how they are written does not change a run's identity, and without them nothing does.
func TestClassesHaveOneSpelling(t *testing.T) {
	text := func(keys string) string {
		c, err := decoded(t, keys)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	names := text(`classes = ["a", "b"]`)
	if tables := text(`classes = [{name = "a", value = 0}, {value = 1, name = "b"}]`); tables != names {
		t.Errorf("%s and %s", names, tables)
	}
	if !strings.Contains(names, `"classes":[{"name":"a","value":"0"},{"name":"b","value":"1"}]`) {
		t.Errorf("classes are written as %s", names)
	}
	if without := text(""); strings.Contains(without, "classes") || strings.Contains(without, "ignore") {
		t.Errorf("without classes: %s", without)
	}
}
