package pictures

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"runtime"
	"testing"
)

var update = flag.Bool("update", false, "write docs/pictures/augment.png")

// TestAugmentationsAreThoseOfTheDocumentation draws the contact sheet of docs/augmentation.md again.
func TestAugmentationsAreThoseOfTheDocumentation(t *testing.T) {
	const file = "../../docs/pictures/augment.png"
	drawn, err := painter{ctx: t.Context(), cache: t.TempDir()}.augmentations()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := save(file, drawn); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors round differently")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 300_000 {
		t.Errorf("%d bytes", len(data))
	}
	shown, err := png.Decode(bytes.NewReader(data))
	if err != nil || shown.Bounds() != drawn.Bounds() {
		t.Fatalf("%v, %v, want %v", err, shown.Bounds(), drawn.Bounds())
	}
	if n := differing(shown, drawn); n > 0 {
		t.Errorf("%d pixels differ; -update writes the picture", n)
	}
}

// differing counts the pixels that two pictures of one size do not share.
func differing(a, b image.Image) (n int) {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			ar, ag, ab, _ := a.At(x, y).RGBA()
			br, bg, bb, _ := b.At(x, y).RGBA()
			if ar != br || ag != bg || ab != bb {
				n++
			}
		}
	}
	return n
}
