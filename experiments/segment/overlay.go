package segment

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"r2unet/datasets"
	"r2unet/datasets/raster"
)

// overlayColours are those of the classes 1, 2, … in overlays, again from the first after the last: the colours of
// Okabe and Ito that stand out from skin, fundus and grey, distinguishable with any colour vision.
var overlayColours = []color.RGBA{
	{86, 180, 233, 255},
	{240, 228, 66, 255},
	{0, 158, 115, 255},
	{204, 121, 167, 255},
	{230, 159, 0, 255},
	{0, 114, 178, 255},
	{213, 94, 0, 255},
}

// overlayShare is the share of the colour in a pixel of the foreground.
const overlayShare = 0.6

// overlay draws the mask in colour over the picture, as a PNG file of the picture's size.
func (r prediction) overlay() ([]byte, error) {
	out := shown(r.picture)
	for i, class := range r.mask {
		if class == 0 || class == datasets.NoClass {
			continue
		}
		c := overlayColours[(int(class)-1)%len(overlayColours)]
		pixel := out.Pix[4*i:][:3]
		for k, v := range []uint8{c.R, c.G, c.B} {
			pixel[k] = uint8(math.Round(overlayShare*float64(v) + (1-overlayShare)*float64(pixel[k])))
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, out); err != nil {
		return nil, fmt.Errorf("draw the overlay: %w", err)
	}
	return file.Bytes(), nil
}

// shown draws a picture in 8 bits, grey where it has fewer than three channels. Samples that have no value for white,
// such as CT numbers, are stretched from the smallest to the largest.
func shown(m *raster.Image) *image.RGBA {
	low, high := 0.0, m.FullScale()
	if high == 0 {
		low, high = math.Inf(1), math.Inf(-1)
		for i := range m.Samples() {
			if v := m.At(i); !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	level := func(i int) uint8 {
		v := (m.At(i) - low) / (high - low)
		if !(v > 0) { // also where all samples are the same
			return 0
		}
		return uint8(math.Round(255 * min(1, v)))
	}
	out := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i := range m.Width * m.Height {
		at := i * m.Channels
		c := color.RGBA{R: level(at), A: 255}
		c.G, c.B = c.R, c.R
		if m.Channels >= 3 {
			c.G, c.B = level(at+1), level(at+2)
		}
		copy(out.Pix[4*i:], []uint8{c.R, c.G, c.B, c.A})
	}
	return out
}
