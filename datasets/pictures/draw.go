package pictures

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"

	"r2unet/datasets"
	"r2unet/datasets/augment"
)

// fieldsOfView draws the border of each generated mask over its image.
func (p painter) fieldsOfView() (image.Image, error) {
	ds, err := datasets.Open(p.ctx, datasets.Config{Name: "CHASE_DB1", Input: "rgb", Normalize: "none"}, p.data, 1)
	if err != nil {
		return nil, err
	}
	split, err := ds.Split(0)
	if err != nil {
		return nil, err
	}
	ids := slices.Concat(split.Train, split.Validation, split.Test)
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

// augmentations shows a patch, and its label below, under each setting alone and under all.
func (p painter) augmentations() (image.Image, error) {
	const side = 96
	ds, s, err := p.load(datasets.Config{Name: "CHASE_DB1", Input: "rgb"}, "Image_02L")
	if err != nil {
		return nil, err
	}
	picture := augment.Picture{
		Width: s.Width, Height: s.Height, Channels: s.Channels, Truth: s.Truth, Pixels: make([]uint16, len(s.Image)),
	}
	for i, v := range s.Image {
		picture.Pixels[i] = uint16(v*math.MaxUint16 + 0.5)
	}
	settings := []struct {
		text   string
		config augment.Config
	}{
		{source(ds), augment.Config{}},
		{"flip", augment.Config{Flip: true}},
		{"right-angles", augment.Config{RightAngles: true}},
		{"rotate = 45", augment.Config{Rotate: 45}},
		{"scale = 0.5", augment.Config{Scale: 0.5}},
		{"elastic = 4", augment.Config{Elastic: 4}},
		{"brightness = 0.15", augment.Config{Brightness: 0.15}},
		{"contrast = 0.6", augment.Config{Contrast: 0.6}},
		{"noise = 0.04", augment.Config{Noise: 0.04}},
		{"all of them", augment.Config{
			Flip: true, RightAngles: true, Rotate: 45, Scale: 0.5, Elastic: 4, Brightness: 0.15, Contrast: 0.6, Noise: 0.04,
		}},
	}
	n, err := ds.Normalization(p.ctx, 0)
	if err != nil {
		return nil, err
	}
	var images, labels []cell
	for _, setting := range settings {
		values, target := make([]float32, 3*side*side), make([]float32, side*side)
		t := setting.config.Draw(rand.New(rand.NewPCG(6, 3)), nil, side, side)
		t.Render(values, target, picture, 560, 330)
		t.Shade(values, n.Mean)
		images = append(images, cell{setting.text, photograph(values, 3, side, side)})
		labels = append(labels, cell{"", photograph(target, 1, side, side)})
	}
	return sheet(slices.Concat(images[:5], labels[:5], images[5:], labels[5:]), 5, 192, 192), nil
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
		places, err := ds.PatchCentres(p.ctx, 0, 0, s.ID)
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
		split, err := ds.Split(0)
		if err != nil {
			return nil, err
		}
		for _, id := range split.Train[:2] {
			s, err := ds.Load(p.ctx, id)
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell{name, fitted(sampleImage(s))}, cell{id, fitted(mask(s.Truth, s.Width, s.Height))})
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
