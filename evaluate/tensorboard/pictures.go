package tensorboard

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"slices"

	xdraw "golang.org/x/image/draw"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/measures"
)

// A Picture of a test image.
type Picture struct {
	Tag           string // e.g. "Image_01L/3 prediction"
	Width, Height int    // px
	Channels      int    // 1 for grey, else 3
	PNG           []byte
}

// LargestSide is the longest side of a picture, px; larger ones are scaled down, because a run would need megabytes for
// each image.
const LargestSide = 512

// Pictures draws n test images of a run, from its best to its worst by F1 in equal steps: input, truth, probability,
// the mask or the classes that were measured, and hits, misses and false alarms. Pictures that the folder does not have
// are left out; the error names damaged ones, and the others are still returned.
func Pictures(s *archive.Sweep, r *archive.Run, n int) ([]Picture, error) {
	var all []Picture
	var problems []error
	for _, id := range spread(r, n) {
		e, err := s.Example(r, id)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, fmt.Errorf("%s: %w", r.ID, err))
		}
		if e == nil {
			continue
		}
		for _, p := range []struct {
			name string
			m    image.Image
		}{
			{"1 input", e.Input},
			{"2 truth", truthOf(e)},
			{"3 prediction", predictionOf(e, r.Result.Cut())},
			{"4 probability", e.ProbabilityGrey()},
			{"5 right and wrong", overlayOf(e, r.Result.Cut())},
		} {
			if p.m == nil {
				continue
			}
			picture, err := encodePicture(p.m)
			if err != nil {
				return nil, fmt.Errorf("draw %s of %s: %w", p.name, id, err)
			}
			picture.Tag = id + "/" + p.name
			all = append(all, picture)
		}
	}
	return all, errors.Join(problems...)
}

// spread chooses n images that have a prediction, from the best to the worst by F1; those without an F1 come last.
func spread(r *archive.Run, n int) []string {
	type scored struct {
		id string
		f1 float64
	}
	var all []scored
	for i := range r.Result.Measures.Inside.Images {
		image := &r.Result.Measures.Inside.Images[i]
		f1 := image.Scores.Of(measures.F1)
		if !evaluate.Defined(f1) {
			f1 = -1
		}
		if id := figure.PictureName(image.ID); slices.Contains(r.Predictions, id) {
			all = append(all, scored{id, f1})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.f1, a.f1) })
	n = min(n, len(all))
	var chosen []string
	for i := range n {
		at := 0
		if n > 1 {
			at = (i*(len(all)-1) + (n-1)/2) / (n - 1)
		}
		chosen = append(chosen, all[at].id)
	}
	return chosen
}

// truthOf returns the labels; nil if they are not stored. The interface is nil too.
func truthOf(e *archive.Example) image.Image {
	switch {
	case e.TrueClasses != nil:
		return e.TrueClasses
	case e.Truth != nil:
		return e.Truth
	}
	return nil
}

func predictionOf(e *archive.Example, threshold float64) image.Image {
	if e.Classes != nil {
		return e.Classes
	}
	return e.Predicted(threshold)
}

func overlayOf(e *archive.Example, threshold float64) image.Image {
	switch {
	case e.Classes != nil && e.TrueClasses != nil:
		return figure.ClassOverlay(e.Input, e.TrueClasses, e.Classes, e.FOV)
	case e.Truth != nil:
		return figure.Overlay(e.Input, e.Truth, e.FOV, e.Predicted(threshold))
	}
	return nil
}

// encodePicture scales a picture down and encodes it; masks and classes keep their colours, each pixel that of one.
func encodePicture(m image.Image) (Picture, error) {
	_, grey := m.(*image.Gray)
	p := Picture{Width: m.Bounds().Dx(), Height: m.Bounds().Dy(), Channels: 3}
	if grey {
		p.Channels = 1
	}
	if scale := float64(LargestSide) / float64(max(p.Width, p.Height)); scale < 1 {
		p.Width, p.Height = max(1, int(float64(p.Width)*scale)), max(1, int(float64(p.Height)*scale))
		var small xdraw.Image = image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
		if grey {
			small = image.NewGray(small.Bounds())
		}
		xdraw.NearestNeighbor.Scale(small, small.Bounds(), m, m.Bounds(), xdraw.Src, nil)
		m = small
	}
	if _, indexed := m.(*image.Paletted); indexed {
		colours := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
		xdraw.Draw(colours, colours.Rect, m, m.Bounds().Min, xdraw.Src)
		m = colours
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		return Picture{}, err
	}
	p.PNG = out.Bytes()
	return p, nil
}
