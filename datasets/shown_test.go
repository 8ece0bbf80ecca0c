package datasets

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTransparentImagesAreAWarning(t *testing.T) {
	root := brokenCopy(t, "ISIC2017", func(dir string) {
		images, err := filepath.Glob(filepath.Join(dir, "*Training_Data", "*.jpg"))
		if err != nil || len(images) == 0 {
			t.Fatal(err)
		}
		f, err := os.Open(images[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m, err := jpeg.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		faded := image.NewNRGBA(m.Bounds())
		for y := range faded.Rect.Dy() {
			for x := range faded.Rect.Dx() {
				c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
				c.A = uint8(200 + x%3)
				faded.SetNRGBA(x, y, c)
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, faded); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(images[0], b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	})
	cache := t.TempDir()
	for _, what := range []string{"decoded", "from the cache"} {
		ds, err := Open(t.Context(), Config{Name: "ISIC2017", Size: Square(64), Cache: cache}, root, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := first(t, ds).Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ds.Facts().Warnings, "\n"); !strings.Contains(got,
			"1 of 4 images, such as ISIC-2017_Training_Data/ISIC_0000000.jpg, are transparent in parts") {
			t.Errorf("%s: warnings %q", what, got)
		}
	}
}
