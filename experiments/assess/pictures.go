package assess

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"path/filepath"

	"r2unet/datasets"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// makeFolders makes the folders that pictures go into.
func (t *Tester) makeFolders() error {
	for _, dir := range []string{
		t.Folder, filepath.Join(t.Samples, record.Inputs), filepath.Join(t.Samples, record.Truths), filepath.Join(t.Samples, record.FOVs),
	} {
		if err := t.FS.MkdirAll(dir); err != nil {
			return fmt.Errorf("make folder for pictures: %w", err)
		}
	}
	return nil
}

// savePictures writes the predicted probabilities of a sample, and what the network saw and should have found. The latter are the
// same for every network, so they are shared and written again by each.
func (t *Tester) savePictures(s *datasets.Sample, probabilities []float32) error {
	pictures := []struct {
		folder string
		draw   func() ([]byte, error)
	}{
		{t.Folder, func() ([]byte, error) { return ProbabilityPNG(probabilities, s.Width, s.Height) }},
		{filepath.Join(t.Samples, record.Inputs), func() ([]byte, error) { return InputPNG(s, t.Recipe) }},
		{filepath.Join(t.Samples, record.Truths), func() ([]byte, error) { return MaskPNG(s.Truth, s.Width, s.Height) }},
		{filepath.Join(t.Samples, record.FOVs), func() ([]byte, error) { return MaskPNG(s.FOV, s.Width, s.Height) }},
	}
	if s.FOV == nil {
		pictures = pictures[:3]
	}
	for _, p := range pictures {
		content, err := p.draw()
		if err != nil {
			return fmt.Errorf("draw %s: %w", s.ID, err)
		}
		if err := durable.WriteBytes(t.FS, filepath.Join(p.folder, filepath.Base(s.ID)+".png"), content); err != nil {
			return err
		}
	}
	return nil
}

// ProbabilityPNG draws probabilities [H, W] in 16-bit grey, from black for 0 to white for 1, in the levels of record.ProbabilityLevel.
func ProbabilityPNG(probabilities []float32, width, height int) ([]byte, error) {
	grey := image.NewGray16(image.Rect(0, 0, width, height))
	for i, p := range probabilities {
		binary.BigEndian.PutUint16(grey.Pix[2*i:], record.ProbabilityLevel(float64(p)))
	}
	return encode(grey)
}

// InputPNG draws what the network sees, with the normalization undone: grey for one channel, colours for three.
func InputPNG(s *datasets.Sample, r datasets.Recipe) ([]byte, error) {
	n := r.Normalization
	if len(n.Mean) != s.Channels || r.Normalize == "image" { // each image has its own: show two deviations around the mean
		n = datasets.Normalization{Mean: []float64{0.5, 0.5, 0.5}, Deviation: []float64{0.25, 0.25, 0.25}}
	}
	area := s.Width * s.Height
	value := func(channel, i int) uint8 {
		return level(float64(s.Image[channel*area+i])*n.Deviation[channel] + n.Mean[channel])
	}
	if s.Channels == 1 {
		grey := image.NewGray(image.Rect(0, 0, s.Width, s.Height))
		for i := range area {
			grey.Pix[i] = value(0, i)
		}
		return encode(grey)
	}
	colours := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	for i := range area {
		colours.SetRGBA(i%s.Width, i/s.Width, color.RGBA{value(0, i), value(1, i), value(2, i), 255})
	}
	return encode(colours)
}

// MaskPNG draws a mask [H, W] of zeros and ones: 0 is black, 1 is white.
func MaskPNG(mask []uint8, width, height int) ([]byte, error) {
	grey := image.NewGray(image.Rect(0, 0, width, height))
	for i, v := range mask {
		grey.Pix[i] = 255 * v
	}
	return encode(grey)
}

// level turns an intensity of 0..1 into one of 0..255.
func level(v float64) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }

func encode(m image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := png.Encode(&out, m)
	return out.Bytes(), err
}
