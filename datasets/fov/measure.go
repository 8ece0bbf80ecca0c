package fov

import (
	"fmt"
	"math"
	"slices"
)

// Circularity is the Dice of a mask with the disc, cut off along rows and columns where the mask is, that fits its outline best: 1 for the
// aperture of a fundus camera. Where the outline follows no circle, it is the Dice with the disc of the mask's middle and area, and 0 for
// an empty mask and one that leaves nothing out. A mask of a sound photograph reaches Round.
func Circularity(mask []uint8, w, h int) float64 {
	if Whole(mask) {
		return 0
	}
	points := rimPoints(outline(mask, w, h), w, h)
	c, ok := consensus(points, w, h)
	if !ok || !c.covered(c.near(points), w, h) {
		if c, ok = sameArea(mask, w); !ok {
			return 0
		}
	}
	c.r += erosion // which mask takes away
	return Dice(mask, c.mask(bounds(mask, w, h), w, h))
}

// sameArea is the circle with the centre and the area of a mask.
func sameArea(mask []uint8, w int) (c circle, ok bool) {
	n := 0.0
	for i, v := range mask {
		if v != 0 {
			n, c.x, c.y = n+1, c.x+float64(i%w), c.y+float64(i/w)
		}
	}
	return circle{c.x / n, c.y / n, math.Sqrt(n / math.Pi)}, n > 0
}

// Round is the circularity below which a mask is no disc.
const Round = 0.98

// Dice is the overlap 2|A∩B|/(|A|+|B|) of two masks of zeros and ones, 1 where both are empty.
func Dice(a, b []uint8) float64 {
	both, sum := 0, 0
	for i := range a {
		both += int(a[i] & b[i])
		sum += int(a[i]) + int(b[i])
	}
	if sum == 0 {
		return 1
	}
	return 2 * float64(both) / float64(sum)
}

// Whole reports whether a mask leaves nothing out.
func Whole(mask []uint8) bool { return !slices.Contains(mask, 0) }

// Agree is the Dice of a shipped mask with the one made from its photograph below which one of them is doubtful, and leastAgree the one
// below which the shipped one is no field of view.
const (
	Agree      = 0.9
	leastAgree = 0.5
)

// Agreement is the Dice of a shipped mask with the one made from its photograph; 1 where that has no dark border to tell by.
func Agreement(shipped, made []uint8) float64 {
	if Whole(made) {
		return 1
	}
	return Dice(shipped, made)
}

// Check returns an error that says why a mask that came with a photograph is no field of view: it is black, white though the photograph
// has a dark border, inverted, or shows something else, such as vessels. made is the mask made from the photograph.
func Check(shipped, made []uint8) error {
	const remedy = "replace the mask, or take it away to have one made from the image"
	inside, disc := share(shipped), share(made)
	outside := make([]uint8, len(shipped))
	for i, v := range shipped {
		outside[i] = 1 - v
	}
	dice := Dice(shipped, made)
	switch {
	case inside == 0:
		return fmt.Errorf("this field-of-view mask is black: no pixel would count; %s", remedy)
	case inside > 0.98 && disc < 0.95:
		return fmt.Errorf("this field-of-view mask is white: it holds %.0f %% of the image, but within its dark border only %.0f %% is bright; %s", 100*inside, 100*disc, remedy)
	case dice < leastAgree && !Whole(made) && Dice(outside, made) > Agree:
		return fmt.Errorf("this field-of-view mask is inverted: it is white where the image is dark; white must be inside; invert it, or take it away to have one made from the image")
	case dice < leastAgree:
		return fmt.Errorf("this is no field-of-view mask: it holds %.0f %% of the image, and the bright part of the image is %.0f %% (Dice %.2f); "+
			"a label of vessels looks like this, and must be named as the dataset's labels are; otherwise %s", 100*inside, 100*disc, dice, remedy)
	}
	return nil
}

func share(mask []uint8) float64 {
	n := 0
	for _, v := range mask {
		n += int(v)
	}
	return float64(n) / float64(len(mask))
}
