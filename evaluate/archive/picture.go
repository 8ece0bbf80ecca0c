package archive

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"path"
	"slices"
	"strings"

	"r2unet/evaluate/record"
)

// pictures lists the image IDs of a folder of PNG files in order.
func (s *Sweep) pictures(folder string) []string {
	entries, err := fs.ReadDir(s.root.FS(), folder)
	if err != nil {
		return nil // none yet
	}
	var ids []string
	for _, entry := range entries {
		if id, ok := strings.CutSuffix(entry.Name(), ".png"); ok && !strings.HasPrefix(id, ".") {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// largestImage is the largest number of pixels that is decoded.
const largestImage = 64 << 20

// deflateExpansion bounds the number of decoded bytes per byte of a PNG file.
const deflateExpansion = 1032

// checkClaim refuses a PNG file that is too small for the size in its header, before memory is allocated for
// the pixels.
func checkClaim(data []byte, width, height int) error {
	if width > largestImage/height {
		return fmt.Errorf("claims %d×%d pixels, more than are read", width, height)
	}
	// Signature, length, name, width and height are followed by the bits per sample and the colour type.
	samples := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[data[25]]
	if row := (width*samples*int(data[24]) + 7) / 8; row*height > deflateExpansion*len(data) {
		return fmt.Errorf("claims %d×%d pixels, which %d bytes cannot hold", width, height, len(data))
	}
	return nil
}

// Prediction returns a run's probabilities of an image as a picture of levels, see record.LevelProbability.
// The error is fs.ErrNotExist if there is none.
func (s *Sweep) Prediction(r *Run, id string) (*image.Gray16, error) {
	m, err := s.decode(path.Join(record.RunsFolder, r.ID, record.PredictionsFolder, path.Base(id)+".png"))
	if err != nil {
		return nil, err
	}
	return probabilityLevels(m), nil
}

// Sample returns a picture of a test image: kind is record.Inputs, Truths or FOVs. The error is
// fs.ErrNotExist if there is none.
func (s *Sweep) Sample(r *Run, kind, id string) (image.Image, error) {
	return s.decode(path.Join(record.SampleFolder(r.Result.Dataset, r.Result.Phantom), kind, path.Base(id)+".png"))
}

// Example is a test image with a run's prediction. Truth and FOV are nil if they do not exist; all pictures
// have the prediction's size.
type Example struct {
	ID          string
	Input       image.Image // nil if it does not exist
	Truth       *image.Gray
	FOV         *image.Gray
	Probability *image.Gray16 // levels, see record.ProbabilityLevel; of several classes of any but the background
	Mask        *image.Gray   // after post-processing; nil without any, see Predicted

	// Of several classes, the true and the predicted ones as indices of a palette, 255 where none counts; else nil.
	TrueClasses, Classes *image.Paletted
}

// Example collects the pictures of an image. It omits pictures whose size differs from the prediction's; the
// error names them, and the example is still valid.
func (s *Sweep) Example(r *Run, id string) (*Example, error) {
	probability, err := s.Prediction(r, id)
	if err != nil {
		return nil, err
	}
	e := &Example{ID: id, Probability: probability}
	var problems []error
	check := func(kind string, m image.Image, err error) image.Image {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && m.Bounds().Size() != probability.Bounds().Size() {
			err = fmt.Errorf("%s of %s is %v, its prediction %v", kind, id, m.Bounds().Size(),
				probability.Bounds().Size())
		}
		if err != nil {
			problems = append(problems, err)
			return nil
		}
		return m
	}
	load := func(kind string) image.Image {
		m, err := s.Sample(r, kind, id)
		return check(kind, m, err)
	}
	e.Input = load(record.Inputs)
	if m := load(record.Truths); m != nil {
		e.Truth = toGray(m)
	}
	if m := load(record.FOVs); m != nil {
		e.FOV = toGray(m)
	}
	predicted := func(folder string) image.Image {
		m, err := s.decode(path.Join(record.RunsFolder, r.ID, folder, path.Base(id)+".png"))
		return check(folder, m, err)
	}
	if len(r.Result.Classes) > 0 {
		e.TrueClasses, _ = load(record.Classes).(*image.Paletted)
		e.Classes, _ = predicted(record.ClassesFolder).(*image.Paletted)
	} else if m := predicted(record.MasksFolder); m != nil {
		e.Mask = toGray(m)
	}
	return e, errors.Join(problems...)
}

func (s *Sweep) decode(name string) (image.Image, error) {
	data, err := s.read(name, record.LargestPicture)
	if err != nil {
		return nil, err
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("picture %s: %w", name, err)
	}
	if err := checkClaim(data, config.Width, config.Height); err != nil {
		return nil, fmt.Errorf("picture %s %w", name, err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("picture %s: %w", name, err)
	}
	return m, nil
}

// toGray converts a picture to grey; grey pictures are returned unchanged.
func toGray(m image.Image) *image.Gray {
	if gray, ok := m.(*image.Gray); ok {
		return gray
	}
	gray := image.NewGray(m.Bounds())
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			gray.Set(x, y, m.At(x, y))
		}
	}
	return gray
}
