package verify

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets"
)

func TestMasksOfTheFieldOfViewAreChecked(t *testing.T) {
	write := func(dir, name string, value func(x, y int) bool) {
		m := image.NewGray(image.Rect(0, 0, 565, 584))
		for i := range m.Pix {
			if value(i%565, i/565) {
				m.Pix[i] = 255
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	disc := func(x, y, r int) bool { return (x-282)*(x-282)+(y-292)*(y-292) < r*r }
	d := check1(t, drawn(t, "DRIVE", 8, 1, func(dir string) {
		write(dir, "training/mask/21_training_mask.gif", func(x, y int) bool { return false })
		write(dir, "training/mask/22_training_mask.gif", func(x, y int) bool { return true })
		write(dir, "training/mask/23_training_mask.gif", func(x, y int) bool { return !disc(x, y, 265) })
		write(dir, "training/mask/24_training_mask.gif", func(x, y int) bool { return disc(x, y, 265) && x%10 == 0 })
		write(dir, "test/mask/01_test_mask.gif", func(x, y int) bool { return disc(x, y, 200) })
		if err := os.Remove(filepath.Join(dir, "test", "mask", "02_test_mask.gif")); err != nil {
			t.Fatal(err)
		}
	}), "DRIVE")
	for _, want := range []Finding{
		{Error, "training/mask/21_training_mask.gif", "is black"},
		{Error, "training/mask/22_training_mask.gif", "is white"},
		{Error, "training/mask/23_training_mask.gif", "is inverted"},
		{Error, "training/mask/24_training_mask.gif", "is no field-of-view mask"},
		{Warning, "test/mask/01_test_mask.gif", "disagrees with the one made from the image"},
		{Warning, "", "02_test has no field-of-view mask"},
	} {
		if !d.has(want.Level, want.File, want.Text) {
			t.Errorf("no %s %q %q in %+v", want.Level, want.File, want.Text, d.Findings)
		}
	}
	if d.FOV.Shipped != 7 || d.FOV.Generated != 1 || len(d.FOV.Dice) != 7 || len(d.FOV.Circularity) != 1 ||
		d.FOV.Circularity[0].Circularity < 0.99 {
		t.Errorf("%+v", d.FOV)
	}
}

func TestAFieldOfViewThatIsNoDiscIsNamed(t *testing.T) {
	d := check1(t, drawn(t, "CHASE_DB1", 4, 4, func(dir string) {
		for name, border := range map[string]int{"Image_01L.jpg": 20, "Image_01R.jpg": 0} {
			m := image.NewGray(image.Rect(0, 0, 250, 240))
			for i := range m.Pix {
				if x, y := i%250, i/250; x >= border && y >= border && x < 250-border && y < 240-border {
					m.Pix[i] = uint8(100 + i%50)
				}
			}
			var b bytes.Buffer
			if err := png.Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}), "CHASE_DB1")
	if !d.has(Warning, "Image_01L.jpg", "is no disc: its circularity is 0.") ||
		!d.has(Warning, "Image_01R.jpg", "no dark border") ||
		d.has(Warning, "Image_02L.jpg", "disc") {
		t.Errorf("%+v", d.Findings)
	}
}

func TestWhereNothingIsMeasuredNothingIsSaidOfFieldsOfView(t *testing.T) {
	d := check1(t, drawn(t, "CHASE_DB1", 2, 4, func(dir string) {
		for _, name := range []string{"Image_01L.jpg", "Image_01R.jpg"} {
			if err := os.Truncate(filepath.Join(dir, name), 100); err != nil {
				t.Fatal(err)
			}
		}
	}), "CHASE_DB1")
	var b strings.Builder
	d.text(&b)
	if d.FOV != nil || strings.Contains(b.String(), "field of view") {
		t.Errorf("%s", b.String())
	}
}

// TestOnlyOtherLabelsAreCalledUnofficial uses DRIVE's numbers with masks from another source.
func TestOnlyOtherLabelsAreCalledUnofficial(t *testing.T) {
	published := []datasets.Count{
		{Part: "test", Inside: true, Positive: 577_649, Background: 3_960_494},
		{Part: "test", Positive: 577_945, Background: 6_021_255},
	}
	inside, all := [2]int{577_649, 3_960_494}, [2]int{577_945, 6_021_255}
	for _, c := range []struct {
		what        string
		inside, all [2]int
		shipped     bool
		level       Level
		text        string // "" = nothing is reported
	}{
		{"official", inside, all, true, "", ""},
		{
			"made masks",
			[2]int{576_133, 3_901_534},
			all, false, Note,
			"the fields of view are made from the images; the labels are the official ones",
		},
		{
			"others' masks",
			[2]int{576_133, 3_901_534},
			all, true, Warning,
			"the fields of view are not the official ones; the labels are",
		},
		{
			"others' labels",
			[2]int{576_133, 3_901_534},
			[2]int{600_000, 5_999_200},
			true, Warning,
			"the labels are not the official ones",
		},
	} {
		var d Dataset
		counts := []Count{
			{What: "inside", Found: c.inside, Published: inside, Complete: true},
			{What: "all", Found: c.all, Published: all, Complete: true},
		}
		m := checked{field: field{shipped: c.shipped}}
		m.Part = "test"
		d.unlikePublished(published, counts, []checked{m})
		if (len(d.Findings) == 0) != (c.text == "") || c.text != "" && !d.has(c.level, "", c.text) {
			t.Errorf("%s: %+v", c.what, d.Findings)
		}
	}
}
