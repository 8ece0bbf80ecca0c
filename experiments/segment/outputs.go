package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"

	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
	"r2unet/experiments/assess"
	"r2unet/experiments/marks"
)

// Values of Options.Probabilities.
const (
	probabilities16    = "16"
	probabilitiesFloat = "float"
	probabilitiesNone  = "none"
)

// output is a file that is written for each picture.
type output struct{ kind, ending string }

// Endings of results, after the image's name.
const (
	probabilityEnding = "_probability.png"
	maskEnding        = "_mask.png"
)

var (
	maskOutput    = output{"mask", maskEnding}
	overlayOutput = output{"overlay", "_overlay.png"}
	// 16 bits, and floats
	probabilityOutput = output{"probability", probabilityEnding}
	probabilityFloats = output{"probability", "_probability.tif"}
	uncertaintyOutput = output{"uncertainty", "_uncertainty.png"}
	uncertaintyFloats = output{"uncertainty", "_uncertainty.tif"}
)

// allOutputs are those that any options can ask for.
var allOutputs = []output{
	probabilityOutput, probabilityFloats, maskOutput, overlayOutput, uncertaintyOutput, uncertaintyFloats,
}

// outputsOf returns the outputs that options ask for, nil if Probabilities is no value that there is.
func outputsOf(o Options) []output {
	uncertainty := uncertaintyOutput
	var outputs []output
	switch o.Probabilities {
	case "", probabilities16:
		outputs = append(outputs, probabilityOutput)
	case probabilitiesFloat:
		outputs, uncertainty = append(outputs, probabilityFloats), uncertaintyFloats
	case probabilitiesNone:
	default:
		return nil
	}
	outputs = append(outputs, maskOutput)
	if o.Overlay {
		outputs = append(outputs, overlayOutput)
	}
	if o.Uncertainty {
		outputs = append(outputs, uncertainty)
	}
	return outputs
}

// draw returns the marked files of a picture's results in the order of outputs.
func (s *segmenter) draw(p *Prediction, made mark) ([][]byte, error) {
	drawn := make([][]byte, len(s.outputs))
	for i, o := range s.outputs {
		var err error
		if drawn[i], err = p.file(o, made); err != nil {
			return nil, fmt.Errorf("draw the %s: %w", o.kind, err)
		}
	}
	return drawn, nil
}

// file returns the marked file of an output.
func (p *Prediction) file(o output, made mark) (file []byte, err error) {
	made.Kind = o.kind
	switch o {
	case probabilityFloats:
		return signFloats(p.Probabilities, p.Width, p.Height, made)
	case uncertaintyFloats:
		return signFloats(p.Uncertainty, p.Width, p.Height, made)
	case probabilityOutput:
		file, err = p.ProbabilityPNG()
	case maskOutput:
		file, err = p.MaskPNG()
	case uncertaintyOutput:
		file, err = p.UncertaintyPNG()
	case overlayOutput:
		file, err = p.OverlayPNG()
	}
	if err != nil {
		return nil, err
	}
	return marks.Sign(file, made)
}

// ProbabilityPNG draws the probability of the foreground, of several classes of any, in 16-bit grey, see
// assess.ProbabilityPNG.
func (p *Prediction) ProbabilityPNG() ([]byte, error) {
	return assess.ProbabilityPNG(assess.Foreground(p.Probabilities, p.Width*p.Height), p.Width, p.Height)
}

// MaskPNG draws the mask in black and white, or classes as indices of a palette.
func (p *Prediction) MaskPNG() ([]byte, error) {
	if p.Classes != nil {
		return assess.ClassPNG(p.Mask, p.Width, p.Height, p.Classes)
	}
	return assess.MaskPNG(p.Mask, p.Width, p.Height)
}

// UncertaintyPNG draws the uncertainty in 16-bit grey, from black for 0 to white for 1.
func (p *Prediction) UncertaintyPNG() ([]byte, error) {
	grey := image.NewGray16(image.Rect(0, 0, p.Width, p.Height))
	for i, u := range p.Uncertainty {
		binary.BigEndian.PutUint16(grey.Pix[2*i:], uint16(math.Round(float64(u)*math.MaxUint16)))
	}
	var out bytes.Buffer
	err := png.Encode(&out, grey)
	return out.Bytes(), err
}

// inside returns the number of pixels inside the field of view.
func (p *Prediction) inside() int {
	if p.FOV == nil {
		return p.Width * p.Height
	}
	n := 0
	for _, v := range p.FOV {
		if v != 0 {
			n++
		}
	}
	return n
}

// floats encodes planes of 32-bit floats [K, H, W] as a TIFF file of K samples a pixel, with a description.
func floats(planes []float32, width, height int, description string) ([]byte, error) {
	pixels := width * height
	if pixels == 0 || len(planes)%pixels != 0 {
		return nil, errors.New("no whole planes of pixels")
	}
	m := raster.New(width, height, len(planes)/pixels, raster.Float32)
	for i, v := range planes {
		at := 4 * (i%pixels*m.Channels + i/pixels)
		binary.LittleEndian.PutUint32(m.Data[at:], math.Float32bits(v))
	}
	var out bytes.Buffer
	err := tiff.Encode(&out, m, tiff.Options{Description: description})
	return out.Bytes(), err
}
