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
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/postprocess"
	"r2unet/internal/durable"
)

// makeFolders creates the folders for pictures.
func (t *Tester) makeFolders() error {
	folders := []string{
		t.Folder, filepath.Join(t.Samples, record.Inputs), filepath.Join(t.Samples, record.Truths),
		filepath.Join(t.Samples, record.FOVs),
	}
	switch {
	case t.outputs() > 1:
		folders = append(folders, t.beside(record.ClassesFolder), filepath.Join(t.Samples, record.Classes))
	case postprocess.Canonical(t.Settings.Post) != "":
		folders = append(folders, t.beside(record.MasksFolder))
	}
	for _, dir := range folders {
		if err := t.FS.MkdirAll(dir); err != nil {
			return fmt.Errorf("make folder for pictures: %w", err)
		}
	}
	return nil
}

// picture is a picture to write into a folder.
type picture struct {
	folder string
	draw   func() ([]byte, error)
}

// beside is a folder for pictures beside that of probabilities.
func (t *Tester) beside(folder string) string { return filepath.Join(filepath.Dir(t.Folder), folder) }

// savePictures writes the predicted probabilities of a sample, what post-processing has made of them, its input and its
// truth. The latter two are the same for every network: runs share the files, and each writes them again.
func (t *Tester) savePictures(s *datasets.Sample, probabilities []float32, processed []uint8) error {
	pictures := []picture{
		{t.Folder, func() ([]byte, error) {
			return ProbabilityPNG(Foreground(probabilities, s.Width*s.Height), s.Width, s.Height)
		}},
		{filepath.Join(t.Samples, record.Inputs), func() ([]byte, error) { return inputPNG(s, t.Recipe) }},
		{filepath.Join(t.Samples, record.Truths), func() ([]byte, error) {
			return MaskPNG(s.Truth, s.Width, s.Height)
		}},
		{filepath.Join(t.Samples, record.FOVs), func() ([]byte, error) { return MaskPNG(s.FOV, s.Width, s.Height) }},
	}
	if s.FOV == nil {
		pictures = pictures[:3]
	}
	if classes := t.Fold.Dataset.Classes(); t.outputs() > 1 {
		pictures = append(pictures, picture{t.beside(record.ClassesFolder), func() ([]byte, error) {
			if processed == nil {
				processed = evaluate.MostProbable(probabilities, s.Width*s.Height)
			}
			return ClassPNG(processed, s.Width, s.Height, classes)
		}}, picture{filepath.Join(t.Samples, record.Classes), func() ([]byte, error) {
			return ClassPNG(s.Truth, s.Width, s.Height, classes)
		}})
	} else if processed != nil {
		pictures = append(pictures, picture{t.beside(record.MasksFolder), func() ([]byte, error) {
			return MaskPNG(processed, s.Width, s.Height)
		}})
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

// ProbabilityPNG draws probabilities [H, W] in 16-bit grey, from black for 0 to white for 1, in the levels of
// record.ProbabilityLevel.
func ProbabilityPNG(probabilities []float32, width, height int) ([]byte, error) {
	grey := image.NewGray16(image.Rect(0, 0, width, height))
	for i, p := range probabilities {
		binary.BigEndian.PutUint16(grey.Pix[2*i:], record.ProbabilityLevel(float64(p)))
	}
	return encode(grey)
}

// inputPNG draws the network's input with normalization undone: grey for one channel, colour for three.
func inputPNG(s *datasets.Sample, r datasets.Recipe) ([]byte, error) {
	n := r.Normalization
	// normalized per image: show two deviations around the mean
	if len(n.Mean) != s.Channels || r.Normalize == "image" {
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

// MaskPNG draws a mask [H, W]: what is 0, or of no class, is black, all else white.
func MaskPNG(mask []uint8, width, height int) ([]byte, error) {
	grey := image.NewGray(image.Rect(0, 0, width, height))
	for i, v := range mask {
		if v != 0 && v != datasets.NoClass {
			grey.Pix[i] = 255
		}
	}
	return encode(grey)
}

// level converts an intensity from 0..1 to 0..255.
func level(v float64) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }

func encode(m image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := png.Encode(&out, m)
	return out.Bytes(), err
}
