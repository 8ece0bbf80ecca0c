package augment

import "math"

// crop is a part of the sample that is resized to the whole sample: the position of a pixel relative to the sample's
// centre is scaled and shifted.
type crop struct {
	x, y           float64 // of the part's centre, px from the sample's
	scaleX, scaleY float64 // sides of the part as shares of the sample's
}

// defaultCropRatio is that of torchvision's RandomResizedCrop.
const defaultCropRatio = 4.0 / 3

// drawCrop draws area and aspect ratio as torchvision's RandomResizedCrop does: the area uniformly, the ratio
// uniformly on a logarithmic scale, again for up to ten times if the part does not fit. The ratio is relative to the
// sample's.
func (c Config) drawCrop(streams Streams, h, w int) *crop {
	r := streams.draw("resized-crop", c.ResizedCrop[1], c.ResizedCropP)
	if r == nil {
		return nil
	}
	widest := c.ResizedCropRatio
	if widest == 0 {
		widest = defaultCropRatio
	}
	largest := max(1, math.Sqrt(c.ResizedCrop[1]))
	out := &crop{}
	for range 10 {
		side := math.Sqrt(between(r, c.ResizedCrop[0], c.ResizedCrop[1]))
		ratio := math.Exp(between(r, -1, 1) * math.Log(widest) / 2)
		out.scaleX, out.scaleY = side*ratio, side/ratio
		if out.scaleX <= largest && out.scaleY <= largest {
			break
		}
		out.scaleX, out.scaleY = side, side
	}
	out.x = between(r, -1, 1) * (1 - out.scaleX) / 2 * float64(w)
	out.y = between(r, -1, 1) * (1 - out.scaleY) / 2 * float64(h)
	return out
}

// at returns where a pixel of the sample comes from, both relative to the sample's centre.
func (c *crop) at(du, dv float64) (float64, float64) {
	return c.x + c.scaleX*du, c.y + c.scaleY*dv
}
