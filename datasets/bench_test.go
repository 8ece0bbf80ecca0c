package datasets

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"r2unet/datasets/augment"
	"r2unet/datasets/files"
	"r2unet/datasets/preprocess"
)

// BenchmarkPatches measures one worker: 48×48 grey patches of DRIVE's phantom, normalized, drawn at random from 20
// images.
func BenchmarkPatches(b *testing.B) {
	for _, s := range []struct {
		name    string
		augment augment.Config
	}{
		{"plain", augment.Config{}},
		{"flips", augment.Config{Flip: true, RightAngles: true}},
		{"all-but-elastic", augment.Config{Flip: true, RightAngles: true, Rotate: 15, Scale: 0.1, Brightness: 0.1, Contrast: 0.2, Noise: 0.01}},
		{"all", everything},
	} {
		b.Run(s.name, func(b *testing.B) {
			ds, err := Open(b.Context(), Config{
				Name: "DRIVE", Patch: 48, Patches: 171_000, Augment: s.augment, Cache: phantomCache,
			}, "", 1)
			if err != nil {
				b.Fatal(err)
			}
			src := trainSource(b, ds)
			image, target := make([]float32, 48*48), make([]float32, 48*48)
			i := 0
			if err := src.Fill(context.Background(), 0, 0, image, target); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := src.Fill(context.Background(), 0, i%src.Len(), image, target); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "patches/s")
		})
	}
}

// enlargedISIC writes training pairs of 900×700 px, made from ISIC 2017 pictures of 256×256 px where they are beside
// the project and from the phantom otherwise.
func enlargedISIC(b *testing.B, n int) (root string) {
	b.Helper()
	ds, err := Open(b.Context(), Config{
		Name: "ISIC2017", Folder: "ISIC2017_256", Size: Square(256), Cache: phantomCache,
	}, existing(sharedData), 1)
	if err != nil {
		b.Fatal(err)
	}
	fold, err := ds.Fold(0)
	if err != nil {
		b.Fatal(err)
	}
	root = b.TempDir()
	data := filepath.Join(root, "ISIC2017", "ISIC-2017_Training_Data")
	truth := filepath.Join(root, "ISIC2017", "ISIC-2017_Training_Part1_GroundTruth")
	must(b, os.MkdirAll(data, 0o777))
	must(b, os.MkdirAll(truth, 0o777))
	for i := range n {
		f := ds.images[fold.Train[i%len(fold.Train)]]
		m, err := files.Picture(b.Context(), ds.path(f.Image))
		if err != nil {
			b.Fatal(err)
		}
		p, err := preprocess.FromPhotograph(m, "rgb")
		if err != nil {
			b.Fatal(err)
		}
		p = p.Resize(900, 700)
		rgb, label := image.NewRGBA(image.Rect(0, 0, 900, 700)), image.NewGray(image.Rect(0, 0, 900, 700))
		for k := range 900 * 700 {
			at := func(c int) uint8 { return uint8(p.Plane(c)[k] * 255) }
			rgb.SetRGBA(k%900, k/900, color.RGBA{at(0), at(1), at(2), 255})
			if x, y := k%900-450, k/900-350; x*x+y*y < 40000 {
				label.Pix[k] = 255
			}
		}
		name := fmt.Sprintf("ISIC_%07d", i)
		write(b, filepath.Join(data, name+".jpg"), func(f *os.File) error {
			return jpeg.Encode(f, rgb, &jpeg.Options{Quality: 92})
		})
		write(b, filepath.Join(truth, name+"_segmentation.png"), func(f *os.File) error { return png.Encode(f, label) })
	}
	return root
}

// existing is the folder, or nothing where it is not there.
func existing(dir string) string {
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

func write(b *testing.B, path string, encode func(f *os.File) error) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := encode(f); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkISICResize measures decoding and resizing 900×700 px to 256×256 px on all processors, and
// BenchmarkISICReadBack one worker reading what was resized, as float32 samples.
func BenchmarkISICResize(b *testing.B) {
	const n = 48
	root := enlargedISIC(b, n)
	images := 0
	for b.Loop() {
		ds, err := Open(b.Context(), Config{Name: "ISIC2017", Size: Square(256), Cache: b.TempDir()}, root, 1)
		if err != nil {
			b.Fatal(err)
		}
		if err := first(b, ds).Prepare(context.Background()); err != nil {
			b.Fatal(err)
		}
		images += n
	}
	rate := float64(images) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "images/s")
	b.ReportMetric(2000/rate, "s/2000-images")
}

func BenchmarkISICReadBack(b *testing.B) {
	const n = 48
	ds, err := Open(b.Context(), Config{Name: "ISIC2017", Size: Square(256), Cache: b.TempDir()}, enlargedISIC(b, n), 1)
	if err != nil {
		b.Fatal(err)
	}
	if err := first(b, ds).Prepare(context.Background()); err != nil {
		b.Fatal(err)
	}
	src := trainSource(b, ds).(*whole)
	image, target := make([]float32, 3*256*256), make([]float32, 256*256)
	if err := src.Fill(context.Background(), 0, 0, image, target); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		ds.memory.Drop() // what a set larger than memory does
		if err := src.Fill(context.Background(), i/src.Len(), i%src.Len(), image, target); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
