package datasets

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

// warnsOfFirst checks the warnings of a dataset whose first training image was redrawn: decoded and from the cache.
func warnsOfFirst(t *testing.T, want string, redraw func(image.Image) image.Image) {
	t.Helper()
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
		var b bytes.Buffer
		if err := png.Encode(&b, redraw(m)); err != nil {
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
		if got := strings.Join(ds.Facts().Warnings, "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: warnings %q", what, got)
		}
	}
}

func TestTransparentImagesAreAWarning(t *testing.T) {
	warnsOfFirst(t, "1 of 4 images, such as ISIC-2017_Training_Data/ISIC_0000000.jpg, are transparent in parts",
		func(m image.Image) image.Image {
			faded := image.NewNRGBA(m.Bounds())
			for y := range faded.Rect.Dy() {
				for x := range faded.Rect.Dx() {
					c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
					c.A = uint8(200 + x%3)
					faded.SetNRGBA(x, y, c)
				}
			}
			return faded
		})
}

// TestImagesOfAnotherTypeAreAWarning: one image of 16 bits among others of 8.
func TestImagesOfAnotherTypeAreAWarning(t *testing.T) {
	warnsOfFirst(t, "1 of 4 images, such as ISIC-2017_Training_Data/ISIC_0000000.jpg of type uint16, have samples of "+
		"another type than the others' uint8", func(m image.Image) image.Image {
		deep := image.NewNRGBA64(m.Bounds())
		draw.Draw(deep, deep.Rect, m, m.Bounds().Min, draw.Src)
		return deep
	})
}

// writeTIFF writes a picture that has any samples.
func writeTIFF(t *testing.T, path string, m *raster.Image) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o777))
	f, err := os.Create(path)
	must(t, err)
	must(t, tiff.Encode(f, m, tiff.Options{}))
	must(t, f.Close())
}

// TestOneWindowForSamplesOfSeveralTypesIsAWarning, but for CT numbers, which are the same in every type.
func TestOneWindowForSamplesOfSeveralTypesIsAWarning(t *testing.T) {
	root := t.TempDir()
	for i := range 4 {
		m := raster.New(16, 16, 1, []raster.Type{raster.Int16, raster.Int16, raster.Int16, raster.Uint16}[i])
		for p := range 256 {
			m.Data[2*p], m.Data[2*p+1] = byte(p+i), byte(p%3)
		}
		writeTIFF(t, filepath.Join(root, "Wells-T", "images", fmt.Sprintf("%d.tif", i)), m)
		drawFile(t, filepath.Join(root, "Wells-T", "masks", fmt.Sprintf("%d.png", i)), 16, 16, 0, true)
	}
	c := cells(t)
	c.Images, c.Window = "images/*.tif", [2]float64{0, 1000}
	ds, err := Open(t.Context(), c, root, 1)
	must(t, err)
	must(t, first(t, ds).Prepare(t.Context()))
	const want = "1 of 4 images, such as images/3.tif of type uint16, have samples of another type than the others' " +
		"int16, and one window is for all: make them alike unless they are meant so"
	if got := ds.Facts().Warnings; !slices.Equal(got, []string{want}) {
		t.Errorf("warnings %q, want %q", got, want)
	}

	root = brokenCopy(t, "Lung", func(dir string) {
		c := conversions["floats"]
		writeTIFF(t, filepath.Join(dir, "2d_images", "ID_0000_Z_0060.tif"), converted(slice(t), c.to, c.f))
	})
	ds, err = opened(t, "Lung", root, nil)
	must(t, err)
	must(t, first(t, ds).Prepare(t.Context()))
	if got := ds.Facts().Warnings; len(got) > 0 {
		t.Errorf("one slice of floats: warnings %q", got)
	}
}

// TestOneInvertedLabelIsAWarning in an own folder too, where many inverted ones may be what is meant. Where there are
// classes, any of them may cover an image.
func TestOneInvertedLabelIsAWarning(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"images", "masks"} {
		if err := os.Mkdir(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"a", "b", "c", "d"} {
		writePNG(t, filepath.Join(root, "images", name+".png"), 32, 32, func(m *image.Gray) {
			for p := range m.Pix {
				m.Pix[p] = uint8(p + i)
			}
		})
		writePNG(t, filepath.Join(root, "masks", name+".png"), 32, 32, func(m *image.Gray) {
			for p := range m.Pix {
				if inside := p%32 > 8 && p%32 < 16; inside != (name == "c") {
					m.Pix[p] = 255
				}
			}
		})
	}
	for _, classes := range []Classes{nil, {{"background", "0"}, {"well", "255"}}} {
		ds, err := Open(t.Context(), Config{
			Name: "own", Kind: KindFolder, Folder: ".", Images: "images/*.png", Labels: "masks/{stem}.png",
			Input: "grey", Split: "kfold", Folds: 2, Size: Square(32), Classes: classes, Cache: t.TempDir(),
		}, root, 1)
		must(t, err)
		must(t, first(t, ds).Prepare(t.Context()))
		got := strings.Join(ds.Facts().Warnings, "\n")
		if warned := strings.Contains(got, "masks/c.png looks inverted: 78 % of"); warned != (classes == nil) ||
			!warned && got != "" {
			t.Errorf("classes %v: warnings %q", classes, got)
		}
	}
}
