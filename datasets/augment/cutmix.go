package augment

import (
	"image"
	"math"
)

// DrawCutMix draws the rectangle of a sample of h×w px that another sample replaces; it is empty if none does. Of the
// two ways of mixing images, CutMix (Yun et al. 2019; for segmentation French et al. 2020) keeps each pixel with its
// own label, so that targets stay classes; mixup would need targets between them. Area and position are drawn as in
// its Algorithm 1: the area's share uniformly up to cutmix, the centre anywhere, what extends beyond the border left
// out.
func (c Config) DrawCutMix(streams Streams, h, w int) image.Rectangle {
	r := streams.draw("cutmix", c.CutMix, c.CutMixP)
	if r == nil {
		return image.Rectangle{}
	}
	side := math.Sqrt(between(r, 0, c.CutMix))
	return *box(r.IntN(w), r.IntN(h), int(side*float64(w)), int(side*float64(h)), h, w)
}

// Paste copies a rectangle of another sample's image [C, h, w] and target [h, w] into a sample of the same size.
func Paste(pixels, target, otherPixels, otherTarget []float32, part image.Rectangle, w int) {
	for at := 0; at < len(pixels); at += len(target) {
		paste(pixels[at:at+len(target)], otherPixels[at:at+len(target)], part, w)
	}
	paste(target, otherTarget, part, w)
}

func paste(plane, other []float32, part image.Rectangle, w int) {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		copy(plane[y*w+part.Min.X:y*w+part.Max.X], other[y*w+part.Min.X:])
	}
}
