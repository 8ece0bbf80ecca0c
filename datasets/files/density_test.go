package files

import (
	"bytes"
	"compress/gzip"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"r2unet/internal/alloctest"
)

// TestDensestHonestPicturesAreRead: a picture of one colour, the smallest file that its pixels can have, is read.
func TestDensestHonestPicturesAreRead(t *testing.T) {
	side := 2048
	if testing.Short() {
		side = 512
	}
	area := image.Rect(0, 0, side, side)
	onePNG := func(w io.Writer, m image.Image) error {
		return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, m)
	}
	for name, c := range map[string]struct {
		picture image.Image
		encode  func(io.Writer, image.Image) error
	}{
		"png of one bit":        {image.NewPaletted(area, color.Palette{color.Black, color.White}), onePNG},
		"png of eight bits":     {image.NewGray(area), onePNG},
		"png of four × 16 bits": {image.NewNRGBA64(area), onePNG},
		"gif": {
			image.NewPaletted(area, color.Palette{color.Black, color.White}),
			func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) },
		},
		"jpeg of the lowest quality": {
			image.NewGray(area),
			func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 1}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.encode(&b, c.picture); err != nil {
				t.Fatal(err)
			}
			alloctest.AtMost(t, decodedMultiple*b.Len(), func() {
				if m, err := Decode(t.Context(), b.Bytes()); err != nil || m.Width != side || m.Height != side {
					t.Errorf("%d bytes: %v", b.Len(), err)
				}
			})
		})
	}
}

// TestGzippedPictureCostsNoMoreThanArrives: the header of a gzipped picture cannot be checked against the size of its
// file, so memory grows with the pixels that are read.
func TestGzippedPictureCostsNoMoreThanArrives(t *testing.T) {
	const arrives = 1 << 20
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(append([]byte("P5 8192 8192 255\n"), make([]byte, arrives)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	alloctest.AtMost(t, 4*arrives, func() {
		if _, err := Decode(t.Context(), b.Bytes()); err == nil {
			t.Error("no error")
		}
	})
}
