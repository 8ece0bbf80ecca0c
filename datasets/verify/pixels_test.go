package verify

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestWhatPixelsMeanIsFound: orientation, alpha, and labels that cannot be read as they are, or that differ from the
// others.
func TestWhatPixelsMeanIsFound(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	label := func(path string, encode func(b *bytes.Buffer, m image.Image) error, value func(v uint8) uint8) {
		data, err := os.ReadFile(path)
		must(err)
		old, err := png.Decode(bytes.NewReader(data))
		must(err)
		m := image.NewGray(old.Bounds())
		for i := range m.Pix {
			m.Pix[i] = value(old.(*image.Gray).Pix[i])
		}
		var b bytes.Buffer
		must(encode(&b, m))
		must(os.WriteFile(path, b.Bytes(), 0o666))
	}
	asPNG := func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) }
	asJPEG := func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: 80}) }
	root := drawn(t, "ISIC2017", 12, 2, func(dir string) {
		data := filepath.Join(dir, "ISIC-2017_Training_Data")
		truth := filepath.Join(dir, "ISIC-2017_Training_Part1_GroundTruth")
		photo, err := os.ReadFile(filepath.Join(data, "ISIC_0000000.jpg"))
		must(err)
		exif := "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01" +
			"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03\x00\x00\x00\x00\x00\x00"
		must(os.WriteFile(filepath.Join(data, "ISIC_0000000.jpg"), slices.Concat(photo[:2], []byte(exif), photo[2:]),
			0o666))
		m, err := jpeg.Decode(bytes.NewReader(photo))
		must(err)
		glassy := image.NewNRGBA(m.Bounds())
		for y := range glassy.Rect.Dy() {
			for x := range glassy.Rect.Dx() {
				c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
				c.A = uint8(x)
				glassy.SetNRGBA(x, y, c)
			}
		}
		var b bytes.Buffer
		must(png.Encode(&b, glassy))
		must(os.WriteFile(filepath.Join(data, "ISIC_0000001.jpg"), b.Bytes(), 0o666))
		label(filepath.Join(truth, "ISIC_0000003_segmentation.png"), asPNG, func(v uint8) uint8 { return v / 255 * 2 })
		label(filepath.Join(truth, "ISIC_0000004_segmentation.png"), asJPEG, func(v uint8) uint8 { return v })
	})
	for _, threshold := range []float64{0, 0.5} {
		r, err := Check(context.Background(), root, Options{LabelThreshold: threshold}, "ISIC2017")
		must(err)
		d := r.Datasets[0]
		if !d.has(Note, "ISIC_0000000.jpg", "turned by its orientation tag") ||
			!d.has(Warning, "ISIC_0000001.jpg", "transparent in parts") {
			t.Errorf("orientation or alpha: %+v", d.Findings)
		}
		if soft := d.has(Error, "ISIC_0000004_segmentation.png", "label-threshold = 0.5"); soft != (threshold == 0) {
			t.Errorf("label-threshold %g: the JPEG label is an error: %t", threshold, soft)
		}
		const other = "2 in 1 (such as ISIC-2017_Training_Part1_GroundTruth/ISIC_0000003_segmentation.png)"
		if threshold == 0 && !d.has(Warning, "", other) {
			t.Errorf("values that differ: %+v", d.Findings)
		}
		if empty := d.has(Warning, "ISIC_0000003_segmentation.png", "nothing is labelled"); empty != (threshold > 0) {
			t.Errorf("label-threshold %g: 2 of 255 is foreground: %t", threshold, !empty)
		}
	}
	if _, err := Check(context.Background(), root, Options{LabelThreshold: 128}); err == nil {
		t.Error("a threshold of 128 is taken")
	}
}
