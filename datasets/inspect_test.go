package datasets

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// TestInspectedFoldersAreReadByTheirTable: in layouts that people have, the proposed table finds all pairs.
func TestInspectedFoldersAreReadByTheirTable(t *testing.T) {
	stems := []string{"a_1", "a_2", "b_1", "b_2", "c-1", "d 5"}
	for name, c := range map[string]struct {
		image, label   string // % stands for a stem
		images, labels string // that are expected
	}{
		"two folders":          {"images/%.jpg", "masks/%.png", "images/*.jpg", "masks/{stem}.png"},
		"odd folder names":     {"x/%.jpg", "y/%.png", "x/*.jpg", "y/{stem}.png"},
		"one folder":           {"%.jpg", "%_mask.png", "*.jpg", "{stem}_mask.png"},
		"one folder, PNG":      {"%.png", "%_segmentation.png", "*.png", "{stem}_segmentation.png"},
		"two suffixes":         {"%_image.png", "%_label.png", "*_image.png", "{*}_label.png"},
		"told by their ending": {"%.jpg", "%.png", "*.jpg", "{stem}.png"},
		"suffix in a folder":   {"img/%.JPG", "gt/%_gt.PNG", "img/*.jpg", "gt/{stem}_gt.png"},
		"a folder each":        {"%/image.jpg", "%/mask.png", "*/image.jpg", "{dir}/mask.png"},
		"a folder each, two":   {"%/images/x.jpg", "%/masks/x.png", "*/images/*.jpg", "{dir}/../masks/{stem}.png"},
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "Own")
		for i, stem := range stems {
			drawFile(t, filepath.Join(dir, strings.ReplaceAll(c.image, "%", stem)), 24, 20, i, false)
			drawFile(t, filepath.Join(dir, strings.ReplaceAll(c.label, "%", stem)), 24, 20, i, true)
		}
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		if in.Table.Images != c.images || in.Table.Labels != c.labels || in.Pairs != len(stems) {
			t.Errorf("%s: images %q, labels %q, %d pairs, %v",
				name, in.Table.Images, in.Table.Labels, in.Pairs, in.Notes)
			continue
		}
		var read struct{ Dataset []Config }
		if _, err := toml.Decode(in.TOML(), &read); err != nil || len(read.Dataset) != 1 {
			t.Fatalf("%s: %v in\n%s", name, err, in.TOML())
		}
		config := read.Dataset[0]
		config.Cache = t.TempDir()
		ds, err := Open(t.Context(), config, root, 1)
		if err != nil || len(ds.images) != len(stems) || ds.Channels() != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInspectionSaysWhatIsInThePictures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "DRIVE")
	for i, size := range []int{32, 32, 40} {
		deep, classes := image.NewGray16(image.Rect(0, 0, size, 24)), image.NewGray(image.Rect(0, 0, size, 24))
		for p := range size * 24 {
			deep.SetGray16(p%size, p/size, color.Gray16{Y: uint16(100 + 20*(p%size))})
			classes.SetGray(p%size, p/size, color.Gray{Y: uint8(p / size / 8 * i / 2)})
		}
		for folder, m := range map[string]image.Image{"images": deep, "masks": classes} {
			must(t, os.MkdirAll(filepath.Join(dir, folder), 0o777))
			f, err := os.Create(filepath.Join(dir, folder, string(rune('a'+i))+".png"))
			must(t, err)
			must(t, png.Encode(f, m))
			must(t, f.Close())
		}
	}
	drawFile(t, filepath.Join(dir, "images", "alone.png"), 9, 9, 0, false)
	in, err := Inspect(t.Context(), dir)
	must(t, err)
	if in.Table.Name != "My DRIVE" || in.Pairs != 3 || in.Bits != 16 || len(in.Sizes) != 2 ||
		in.Sizes[0] != (SizeCount{Size{32, 24}, 2}) {
		t.Errorf("%+v", in)
	}
	if len(in.Labels) != 3 || in.Labels[0].Text != "0" || in.Labels[0].Labels != 3 {
		t.Errorf("labels %+v", in.Labels)
	}
	notes := strings.Join(in.Notes, "\n")
	for _, want := range []string{
		"1 file does not fit: images/alone.png: has no label", "labels have 3 values",
		"samples of several types belong together, each with the white of its own: uint8 (images/alone.png), uint16",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("%s\nwithout %q", notes, want)
		}
	}
}

func TestAFolderWithoutPairsHasNoTable(t *testing.T) {
	dir := t.TempDir()
	if in, err := Inspect(t.Context(), dir); err != nil || in.TOML() != "" || len(in.Groups) != 0 {
		t.Errorf("an empty folder: %v, %+v", err, in)
	}
	drawFile(t, filepath.Join(dir, "a.jpg"), 9, 9, 0, false)
	drawFile(t, filepath.Join(dir, "b.jpg"), 9, 9, 0, false)
	if in, err := Inspect(t.Context(), dir); err != nil || in.TOML() != "" || len(in.Groups) != 1 ||
		len(in.Notes) != 1 {
		t.Errorf("photographs alone: %v, %+v", err, in)
	}
	if _, err := Inspect(t.Context(), filepath.Join(dir, "nothing")); err == nil {
		t.Error("a folder that is not there is inspected")
	}
}
