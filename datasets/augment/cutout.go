package augment

import (
	"image"
	"math"
)

// cutout is a square of the sample without content (DeVries and Taylor 2017). Its centre is any pixel, so that it may
// extend beyond the border. The label stays: the network is to conclude from the surroundings.
type cutout image.Rectangle

func (c Config) drawCutout(streams Streams, h, w int) *cutout {
	r := streams.draw("cutout", c.Cutout, c.CutoutP)
	if r == nil {
		return nil
	}
	side := max(1, int(math.Round(c.Cutout*float64(min(h, w)))))
	return (*cutout)(box(r.IntN(w), r.IntN(h), side, side, h, w))
}

// box returns the part within a sample of h×w px of a rectangle around a pixel.
func box(x, y, width, height, h, w int) *image.Rectangle {
	b := image.Rect(0, 0, width, height).Add(image.Pt(x-width/2, y-height/2)).Intersect(image.Rect(0, 0, w, h))
	return &b
}

// fill sets the square to the mean of each channel, which is 0 after normalization.
func (c *cutout) fill(pixels []float32, mean []float64, h, w int) {
	for k, m := range mean {
		for y := c.Min.Y; y < c.Max.Y; y++ {
			row := pixels[k*h*w+y*w:]
			for x := c.Min.X; x < c.Max.X; x++ {
				row[x] = float32(m)
			}
		}
	}
}
