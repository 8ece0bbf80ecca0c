package assess

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"r2unet/datasets"
	"r2unet/layers"
)

// outputs is the number of probability maps of a prediction.
func (t *Tester) outputs() int { return layers.Outputs(len(t.Fold.Dataset.Classes())) }

// Foreground is the probability of any class but the background, [H, W], from those of several classes [K, H, W]; that
// of one class is itself.
func Foreground(probabilities []float32, pixels int) []float32 {
	if len(probabilities) == pixels {
		return probabilities
	}
	out := make([]float32, pixels)
	for i, background := range probabilities[:pixels] {
		out[i] = min(1, max(0, 1-background))
	}
	return out
}

// ClassPNG draws classes [H, W] as a picture whose pixels are indices of the classes' palette; those of no class have
// the last one, 255.
func ClassPNG(classes []uint8, width, height int, of datasets.Classes) ([]byte, error) {
	m := image.NewPaletted(image.Rect(0, 0, width, height), palette(of))
	for i, c := range classes {
		if c == datasets.NoClass {
			c = noClassIndex
		}
		m.Pix[i] = c
	}
	var out bytes.Buffer
	err := png.Encode(&out, m)
	return out.Bytes(), err
}

const noClassIndex = 255

// palette has the colours of the classes in labels, or of Pascal VOC where these are numbers, and the grey of VOC's
// borders for pixels of no class.
func palette(of datasets.Classes) color.Palette {
	colours := make(color.Palette, 256)
	for i := range colours {
		colours[i] = vocColour(i)
	}
	for i, c := range of {
		if r, g, b, ok := c.Value.Colour(); ok {
			colours[i] = color.RGBA{r, g, b, 255}
		}
	}
	return colours
}

// vocColour is the colour of an index in the labels of Pascal VOC: its bits, spread over red, green and blue.
func vocColour(index int) color.RGBA {
	var c color.RGBA
	for shift := 7; index > 0; index, shift = index>>3, shift-1 {
		c.R |= uint8(index&1) << shift
		c.G |= uint8(index>>1&1) << shift
		c.B |= uint8(index>>2&1) << shift
	}
	c.A = 255
	return c
}
