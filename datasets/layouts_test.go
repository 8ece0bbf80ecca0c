package datasets

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// layout draws n images and their labels as names say: %s stands for a number; part is one of parts in turn.
func layout(t *testing.T, n int, images, labels string, parts ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		number, part := "0"+string(rune('1'+i%9)), ""
		if len(parts) > 0 {
			part = parts[i%len(parts)]
		}
		name := strings.NewReplacer("%s", number, "%p", part)
		drawFile(t, filepath.Join(dir, name.Replace(images)), 24, 16, i, false)
		if labels != "" {
			drawFile(t, filepath.Join(dir, name.Replace(labels)), 24, 16, i, true)
		}
	}
	return dir
}

func TestUsualLayoutsAreUnderstood(t *testing.T) {
	parts := []string{"train", "train", "val", "test"}
	for _, c := range []struct {
		images, labels string // of files
		parts          []string
		wantImages     string
		wantLabels     string
		wantSplit      string
	}{
		{"images/a%s.png", "masks/a%s.png", nil, "images/*.png", "masks/{stem}.png", ""},
		{"images/a%s.JPG", "labels/a%s.png", nil, "images/*.jpg", "labels/{stem}.png", ""},
		{"Original Images/%s.png", "Ground Truth/%s.png", nil, "Original Images/*.png", "Ground Truth/{stem}.png", ""},
		{"images/img_%s.png", "masks/mask_%s.png", nil, "images/img_*.png", "masks/mask_{*}.png", ""},
		{"image%s.png", "mask%s.png", nil, "image*.png", "mask{*}.png", ""},
		{"imagesTr/case_%s_0000.png", "labelsTr/case_%s.png", nil, "imagesTr/*_0000.png", "labelsTr/{*}.png", ""},
		{"x%s.jpg", "x%s_mask.png", nil, "*.jpg", "{stem}_mask.png", ""},
		{"x%s.jpg", "x%s_segmentation.png", nil, "*.jpg", "{stem}_segmentation.png", ""},
		{"x%s.jpg", "x%s.png", nil, "*.jpg", "{stem}.png", ""},
		{"%p/images/%s.png", "%p/masks/%s.png", parts, "*/images/*.png", "{dir}/../masks/{stem}.png", ByFolder},
		{"images/%p/%s.png", "masks/%p/%s.png", parts, "images/*/*.png", "masks/{dir}/{stem}.png", ByFolder},
		{"%p/%s.jpg", "%p/%s_mask.png", parts, "*/*.jpg", "{dir}/{stem}_mask.png", ByFolder},
		{"p%s/image.png", "p%s/mask.png", nil, "*/image.png", "{dir}/mask.png", ""},
		{"%p/images/%s.png", "%p/masks/%s.png", []string{"train", "val"}, "*/images/*.png", "{dir}/../masks/{stem}.png", ""},
	} {
		p, err := Inspect(t.Context(), layout(t, 8, c.images, c.labels, c.parts...))
		must(t, err)
		got := p.Table
		if got.Images != c.wantImages || got.Labels != c.wantLabels || got.Split != c.wantSplit || got.FOV != "" {
			t.Errorf("%s and %s: images = %q, labels = %q, split = %q, fov = %q",
				c.images, c.labels, got.Images, got.Labels, got.Split, got.FOV)
		}
		if p.Pairs != 8 {
			t.Errorf("%s: %d pairs", c.images, p.Pairs)
		}
		if got.Split != ByFolder {
			continue
		}
		got.Cache = t.TempDir()
		ds, err := Open(t.Context(), got, p.Dir, 1)
		must(t, err)
		s, err := ds.Fold(0)
		must(t, err)
		if n := []int{len(s.Train), len(s.Validation), len(s.Test)}; !slices.Equal(n, []int{4, 2, 2}) {
			t.Errorf("%s: split into %d", c.images, n)
		}
	}
}

// TestFoldersBesideTrainAndTest: init divides all images, split = "folders" leaves out those without a part and says
// so.
func TestFoldersBesideTrainAndTest(t *testing.T) {
	dir := layout(t, 8, "%p/images/%s.png", "%p/masks/%s.png", "train", "train", "test", "extra")
	p, err := Inspect(t.Context(), dir)
	must(t, err)
	if notes := strings.Join(p.Notes, "\n"); p.Table.Split != "" ||
		!strings.Contains(notes, "2 images are in no folder called train") {
		t.Errorf("split = %q, %s", p.Table.Split, notes)
	}
	c := p.Table
	c.Split, c.Cache = ByFolder, t.TempDir()
	ds, err := Open(t.Context(), c, dir, 1)
	must(t, err)
	s := first(t, ds).Split
	n := []int{len(ds.copy.Entries), len(s.Train), len(s.Validation), len(s.Test)}
	if !slices.Equal(n, []int{6, 3, 1, 2}) {
		t.Errorf("images, and those of each part: %d", n)
	}
	want := "2 images are in no folder called train, val or test and are left out, such as extra/images/04.png"
	if notes := strings.Join(ds.Facts().Notes, "\n"); !strings.Contains(notes, want) {
		t.Errorf("notes %q", notes)
	}
	if len(ds.copy.Unpaired) > 0 {
		t.Errorf("labels without an image: %v", ds.copy.Unpaired)
	}

	c.Images, c.Labels, c.Cache = "images/*.png", "masks/{stem}.png", t.TempDir()
	_, err = Open(t.Context(), c, layout(t, 6, "images/%s.png", "masks/%s.png"), 1)
	if err == nil || !strings.Contains(err.Error(), "no image is in a folder called train, val or test") {
		t.Errorf("error is %v", err)
	}
}

func TestFieldsOfViewAndFoldersWithoutLabels(t *testing.T) {
	dir := layout(t, 6, "images/%s.png", "manual/%s_manual.png")
	for i := range 6 {
		drawFile(t, filepath.Join(dir, "mask", "0"+string(rune('1'+i))+"_mask.png"), 24, 16, i, true)
	}
	p, err := Inspect(t.Context(), dir)
	must(t, err)
	if c := p.Table; c.Labels != "manual/{stem}_manual.png" || c.FOV != "mask/{stem}_mask.png" {
		t.Errorf("labels = %q, fov = %q", c.Labels, c.FOV)
	}

	dir = layout(t, 8, "%p/images/%s.png", "%p/masks/%s.png", "train", "val")
	drawFile(t, filepath.Join(dir, "test/images/91.png"), 24, 16, 0, false)
	p, err = Inspect(t.Context(), dir)
	must(t, err)
	if p.Table.Images != "{train,val}/images/*.png" || p.Pairs != 8 || p.Table.Split != "" ||
		!strings.Contains(strings.Join(p.Notes, "; "), "such as test/images") {
		t.Errorf("%+v %d %q", p.Table, p.Pairs, p.Notes)
	}
}

func TestWhatDoesNotFitIsNoted(t *testing.T) {
	channels := layout(t, 4, "imagesTr/a%s_0000.png", "labelsTr/a%s.png")
	drawFile(t, filepath.Join(channels, "imagesTr/a01_0001.png"), 24, 16, 0, false)
	missing := layout(t, 4, "images/%s.png", "masks/%s.png")
	must(t, os.Remove(filepath.Join(missing, "masks/02.png")))
	in, err := Inspect(t.Context(), missing)
	must(t, err)
	if len(in.Problems) != 1 || in.Problems[0].File != "images/02.png" || len(in.Entries) != 3 {
		t.Errorf("%+v, %d entries", in.Problems, len(in.Entries))
	}
	in, err = Inspect(t.Context(), channels)
	must(t, err)
	if notes := strings.Join(in.Notes, "; "); !strings.Contains(notes, "several files, such as imagesTr/a01_0001.png") {
		t.Error(notes)
	}
}

func TestSeveralValuesBecomeClasses(t *testing.T) {
	for want, values := range map[string][]string{
		`["background", "class 1", "class 2"]`: {"2", "0", "1"},
		`[{ name = "background", value = 0 }, { name = "class 1", value = 128 }, { name = "class 2", value = 255 }]`: {
			"255", "128", "0",
		},
		`[{ name = "background", color = "#000000" }, { name = "class 1", color = "#00ff00" }, ` +
			`{ name = "class 2", color = "#ff0000" }]`: {"0", "(255,0,0)", "(0,255,0)"},
		`["background", "class 1"] ignore = 255`: {"0", "1", "255"},
		`[]`:                                     {"0", "0.5", "1"},
	} {
		in := &Inspection{Table: Config{Name: "Mine", Kind: KindFolder, Images: "*.jpg", Labels: "{stem}.png"}}
		for _, v := range values {
			in.Labels = append(in.Labels, LabelValue{Text: v})
		}
		in.proposeClasses()
		got := in.Table.Classes.toml()
		if in.Table.Ignore != "" {
			got += " ignore = " + string(in.Table.Ignore)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", values, got, want)
		}
		var read struct{ Dataset []Config }
		if _, err := toml.Decode(in.TOML(), &read); err != nil || read.Dataset[0].Validate() != nil {
			t.Errorf("%q: %v %v", values, err, read.Dataset[0].Validate())
		}
	}
}
