package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"

	xdraw "golang.org/x/image/draw"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
)

// layerPixels is the longest side of a picture on the page, px.
const layerPixels = 480

// layer is one of several pictures on top of each other.
type layer struct {
	Name          string
	Source        template.URL
	Width, Height int // px
}

// exampleImage is a test image with its layers.
type exampleImage struct {
	Name, ID, F1 string
	Layers       []layer
}

// Last returns the slider's position at the last layer.
func (e exampleImage) Last() int { return len(e.Layers) - 1 }

// datasetExamples holds the best and worst images of a dataset's R2U-Net.
type datasetExamples struct {
	Dataset, Network string
	Images           []exampleImage

	sideTable           // the same images by all networks, if there are several
	Each      sideTable // of several classes, each against the rest
	Colors    []classColor
}

// examples collects the pictures and reports damaged ones.
func (b *Builder) examples(s *archive.Sweep) (all []datasetExamples, problems []string) {
	for _, r := range figure.ExampleRuns(s) {
		d := datasetExamples{Dataset: r.Result.DatasetLabel(), Network: networkName(&r.Result, false)}
		for _, pick := range figure.BestMiddleWorst(r) {
			layers, err := b.layers(s, r, pick.ID)
			for _, p := range lines(err) {
				problems = append(problems, r.ID+": "+p)
			}
			if len(layers) > 0 {
				d.Images = append(d.Images, exampleImage{pick.Name, pick.ID, fmt.Sprintf("%.4f", pick.F1), layers})
			}
		}
		problems = append(problems, b.sideBySide(s, r, &d)...)
		problems = append(problems, b.eachClass(s, r, &d)...)
		if len(d.Images) > 0 {
			all = append(all, d)
		}
	}
	return all, problems
}

// layers returns input, truth, probability and overlay, if they are stored.
func (b *Builder) layers(s *archive.Sweep, r *archive.Run, id string) ([]layer, error) {
	key := func(name string) string {
		return fmt.Sprintf("%s|%s|%s|%d|%s", s.Path, r.ID, id, r.Changed.UnixNano(), name)
	}
	names := []string{"Input", "Truth", "Probability", "Most probable class", "Right and wrong"}
	var known []layer
	for _, name := range names {
		if l, ok := b.pictures[key(name)]; ok {
			known = append(known, l)
		}
	}
	if len(known) > 0 {
		return known, nil
	}
	e, problem := s.Example(r, id)
	if e == nil {
		return nil, problem
	}
	pictures := map[string]image.Image{"Probability": e.ProbabilityGrey()}
	if e.Input != nil {
		pictures["Input"] = e.Input
	}
	if e.Truth != nil {
		pictures["Truth"] = e.Truth
		pictures["Right and wrong"] = figure.Overlay(e.Input, e.Truth, e.FOV, e.Predicted(r.Result.Cut()))
	}
	if e.Classes != nil && e.TrueClasses != nil {
		pictures["Truth"], pictures["Most probable class"] = e.TrueClasses, e.Classes
		pictures["Right and wrong"] = figure.ClassOverlay(e.Input, e.TrueClasses, e.Classes, e.FOV)
	}
	var layers []layer
	for _, name := range names {
		m := pictures[name]
		if m == nil {
			continue
		}
		l, err := newLayer(name, m)
		if err != nil {
			return nil, err
		}
		b.pictures[key(name)] = l
		layers = append(layers, l)
	}
	return layers, problem
}

// newLayer scales a picture down and encodes it into the page.
func newLayer(name string, m image.Image) (layer, error) {
	width, height := m.Bounds().Dx(), m.Bounds().Dy()
	if scale := float64(layerPixels) / float64(max(width, height)); scale < 1 {
		width, height = int(float64(width)*scale), int(float64(height)*scale)
		var small xdraw.Image = image.NewRGBA(image.Rect(0, 0, width, height))
		if _, gray := m.(*image.Gray); gray {
			small = image.NewGray(image.Rect(0, 0, width, height))
		}
		xdraw.CatmullRom.Scale(small, small.Bounds(), m, m.Bounds(), xdraw.Src, nil)
		m = small
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, m, &jpeg.Options{Quality: 88}); err != nil {
		return layer{}, fmt.Errorf("encode picture for the report: %w", err)
	}
	source := "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(data.Bytes())
	return layer{name, template.URL(source), width, height}, nil //nolint:gosec // base64 of a picture made here
}
