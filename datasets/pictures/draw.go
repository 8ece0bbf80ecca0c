package pictures

import (
	"fmt"
	"image"
	"image/color"
	"slices"

	"r2unet/datasets"
)

// fieldsOfView draws the border of each generated mask over its image.
func (p painter) fieldsOfView() (image.Image, error) {
	ds, err := datasets.Open(p.ctx, datasets.Config{Name: "CHASE_DB1", Input: "rgb", Normalize: "none"}, p.data, 1)
	if err != nil {
		return nil, err
	}
	fold, err := ds.Fold(0)
	if err != nil {
		return nil, err
	}
	ids := slices.Concat(fold.Train, fold.Validation, fold.Test)
	slices.Sort(ids)
	var cells []cell
	for _, id := range ids {
		s, err := ds.Load(p.ctx, id)
		if err != nil {
			return nil, err
		}
		img := sampleImage(s)
		outline(img, s.FOV, 8)
		inside := 0
		for _, v := range s.FOV {
			inside += int(v)
		}
		cells = append(cells, cell{fmt.Sprintf("%s: %.1f %%", id, 100*float64(inside)/float64(len(s.FOV))), img})
	}
	return sheet(cells, 7, 160, 154), nil
}

// inputs shows the same part of an image under each setting of input and preprocessing.
func (p painter) inputs() (image.Image, error) {
	part := image.Rect(380, 260, 700, 580)
	var cells []cell
	for _, s := range []struct {
		text   string
		config datasets.Config
	}{
		{`input = "rgb"`, datasets.Config{Input: "rgb"}},
		{`input = "grey"`, datasets.Config{Input: "grey"}},
		{`input = "green"`, datasets.Config{Input: "green"}},
		{"grey, gamma = 1.5", datasets.Config{Gamma: 1.5}},
		{"grey, clahe = 2", datasets.Config{CLAHE: 2}},
		{"green, clahe = 4", datasets.Config{Input: "green", CLAHE: 4}},
	} {
		s.config.Name = "CHASE_DB1"
		ds, sample, err := p.load(s.config, "Image_02L")
		if err != nil {
			return nil, err
		}
		if len(cells) == 0 {
			s.text += ", " + source(ds)
		}
		cells = append(cells, cell{s.text, crop(sampleImage(sample), part)})
	}
	return sheet(cells, 3, 320, 320), nil
}

// samplings marks the centres that patches are drawn from.
func (p painter) samplings() (image.Image, error) {
	var cells []cell
	for _, sampling := range []string{"uniform", "fov", "balanced"} {
		ds, s, err := p.load(datasets.Config{
			Name: "CHASE_DB1", Input: "rgb", Patch: 48, Patches: 12000, Sampling: sampling,
		}, "Image_02L")
		if err != nil {
			return nil, err
		}
		fold, err := ds.Fold(0)
		if err != nil {
			return nil, err
		}
		places, err := fold.PatchCentres(p.ctx, 0, s.ID)
		if err != nil {
			return nil, err
		}
		img := sampleImage(s)
		for _, c := range places {
			for d := -3; d <= 3; d++ {
				img.SetRGBA(c[0]+d, c[1], outlineColour)
				img.SetRGBA(c[0], c[1]+d, outlineColour)
			}
		}
		cells = append(cells, cell{fmt.Sprintf("sampling = %q, %s", sampling, source(ds)), img})
	}
	return sheet(cells, 3, 400, 384), nil
}

// windows shows why CT numbers are clamped before they are scaled.
func (p painter) windows() (image.Image, error) {
	var cells []cell
	for _, s := range []struct {
		text   string
		window [2]float64
	}{
		{"window = [-2048, 2600]: all there is", [2]float64{-2048, 2600}},
		{"window = [-1000, 400]: lungs", [2]float64{-1000, 400}},
		{"window = [-160, 240]: soft tissue", [2]float64{-160, 240}},
	} {
		ds, sample, err := p.load(datasets.Config{Name: "Lung", Window: s.window}, "")
		if err != nil {
			return nil, err
		}
		if len(cells) == 0 {
			cells = append(cells, cell{source(ds) + ", mask", mask(sample.Truth, sample.Width, sample.Height)})
		}
		cells = append(cells, cell{s.text, sampleImage(sample)})
	}
	return sheet(cells, 4, 256, 256), nil
}

// phantoms shows two drawn images of each dataset with their labels.
func (p painter) phantoms() (image.Image, error) {
	var cells []cell
	for _, name := range datasets.Phantoms() {
		d, err := datasets.Describe(name)
		if err != nil {
			return nil, err
		}
		c := datasets.Config{Name: name, PhantomImages: 12, Normalize: "none"}
		if d.Photograph {
			c.Input = "rgb"
		}
		ds, err := datasets.Open(p.ctx, c, "", 1)
		if err != nil {
			return nil, err
		}
		fold, err := ds.Fold(0)
		if err != nil {
			return nil, err
		}
		for _, id := range fold.Train[:2] {
			s, err := ds.Load(p.ctx, id)
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell{name, fitted(sampleImage(s))},
				cell{id, fitted(mask(s.Truth, s.Width, s.Height))})
		}
	}
	return sheet(cells, 4, 225, 210), nil
}

// fitted centres a picture on a black one with the sheet's aspect ratio.
func fitted(img image.Image) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if w*14 < h*15 {
		w = h * 15 / 14
	} else {
		h = w * 14 / 15
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	dx, dy := (w-b.Dx())/2, (h-b.Dy())/2
	for y := range h {
		for x := range w {
			if at := image.Pt(x-dx, y-dy); at.In(b) {
				out.Set(x, y, img.At(at.X, at.Y))
			} else {
				out.Set(x, y, color.Black)
			}
		}
	}
	return out
}
