package fov

import (
	"fmt"
	"math"
	"slices"
)

// Circularity returns the Dice of a mask with the disc that fits its outline best, cut off along rows and columns
// where the mask is: 1 for the aperture of a fundus camera. If the outline follows no circle, it is the Dice with the
// disc of the mask's centre and area. It is 0 for an empty mask and for one that covers the whole image. The mask of a
// sound photograph reaches Round.
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
	c.r += erosion // which mask subtracts
	return Dice(mask, c.mask(bounds(mask, w, h), w, h))
}

// sameArea returns the circle with the centre and the area of a mask. ok is false if the mask is empty.
func sameArea(mask []uint8, w int) (c circle, ok bool) {
	n := 0.0
	for i, v := range mask {
		if v != 0 {
			n, c.x, c.y = n+1, c.x+float64(i%w), c.y+float64(i/w)
		}
	}
	return circle{c.x / n, c.y / n, math.Sqrt(n / math.Pi)}, n > 0
}

// Round is the circularity below which a mask is not a disc.
const Round = 0.98

// Dice returns the overlap 2|A∩B|/(|A|+|B|) of two masks of zeros and ones, and 1 if both are empty.
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

// Whole reports whether a mask covers the whole image.
func Whole(mask []uint8) bool { return !slices.Contains(mask, 0) }

// A shipped mask is doubtful if its Dice with the generated one is below Agree, and is not a field of view if it is
// below leastAgree.
const (
	Agree      = 0.9
	leastAgree = 0.5
)

// Agreement returns the Dice of a shipped mask with the one generated from its photograph, or 1 if the photograph has
// no dark border to compare with.
func Agreement(shipped, made []uint8) float64 {
	if Whole(made) {
		return 1
	}
	return Dice(shipped, made)
}

// Check returns an error that says why a shipped mask is not a field of view: it is black, white although the
// photograph has a dark border, inverted, or shows something else, such as vessels. made is the mask generated from
// the photograph.
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
		return fmt.Errorf("this field-of-view mask is white: it holds %.0f %% of the image, "+
			"but within its dark border only %.0f %% is bright; %s", 100*inside, 100*disc, remedy)
	case dice < leastAgree && !Whole(made) && Dice(outside, made) > Agree:
		return fmt.Errorf("this field-of-view mask is inverted: it is white where the image is dark; " +
			"white must be inside; invert it, or take it away to have one made from the image")
	case dice < leastAgree:
		return fmt.Errorf("this is no field-of-view mask: it holds %.0f %% of the image, "+
			"and the bright part of the image is %.0f %% (Dice %.2f); "+
			"a label of vessels looks like this, and must be named as the dataset's labels are; otherwise %s",
			100*inside, 100*disc, dice, remedy)
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
