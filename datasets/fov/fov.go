// Package fov generates the mask of a fundus camera's field of view from a photograph, for datasets without masks.
//
// The method follows [47] of Alom et al. 2018 (threshold, largest component, filled, eroded) and adds what dark images
// need. The aperture of a fundus camera is a circle, perhaps cut off at the image's border, so a circle is fitted to
// the component's outline, and dark parts of the rim do not distort the mask. If the outline is not such a circle,
// because the aperture is cut off straight or surrounded by dim film, a disc with straight cuts is searched for (see
// findDisc). If there is none, the mask is the component's convex hull.
package fov

import (
	"math"
	"slices"

	"r2unet/datasets/raster"
)

// erosion is how far the mask stays inside the aperture's edge, in px: the edge is blurred over about two pixels.
const erosion = 2

// Version increases when the mask of a photograph may change.
const Version = 2

// Generate returns the field of view of a photograph as zeros and ones, [H, W]. The mask has a smooth border, one
// component and no holes, and is never empty. A photograph without dark corners fills its frame: its field of view is
// the whole image.
func Generate(m *raster.Image) []uint8 {
	w, h := m.Width, m.Height
	level := brightness(m)
	light, dark := measure(level, w, h)
	if !dark {
		return slices.Repeat([]uint8{1}, w*h)
	}
	component := largest(level, light.threshold(), w, h)
	hull := convexHull(outline(component, w, h))
	if c, ok := fitCircle(hull, w, h); ok {
		return c.mask(c.withDimRim(bounds(component, w, h), level, light, w, h), w, h)
	}
	if mask, ok := findDisc(level, light, w, h); ok {
		return mask
	}
	mask := erode(fillPolygon(hull, w, h), erosion, w, h)
	if !slices.Contains(mask, 1) { // a picture of a few pixels, or a spot of light
		return slices.Repeat([]uint8{1}, w*h)
	}
	return mask
}

// brightness returns the largest channel of each pixel, 0–255, smoothed over 3×3 pixels. A fundus is red: its
// luminance sinks into the noise of the border long before its red channel does.
func brightness(m *raster.Image) []uint8 {
	scale := m.FullScale()
	if scale == 0 {
		scale = 1
	}
	scale = 255 / scale
	raw := make([]uint8, m.Width*m.Height)
	for i := range raw {
		v := 0.0
		for c := range m.Channels {
			v = max(v, m.At(i*m.Channels+c))
		}
		raw[i] = uint8(min(v*scale, 255))
	}
	return smooth(raw, m.Width, m.Height)
}

func smooth(src []uint8, w, h int) []uint8 {
	out := make([]uint8, len(src))
	for y := range h {
		up, down := max(y-1, 0)*w, min(y+1, h-1)*w
		for x := range w {
			l, r := max(x-1, 0), min(x+1, w-1)
			s := 0
			for _, row := range [3]int{up, y * w, down} {
				s += int(src[row+l]) + int(src[row+x]) + int(src[row+r])
			}
			out[y*w+x] = uint8((s + 4) / 9)
		}
	}
	return out
}

// light is the brightness of a photograph, 0–255: in the corners, which lie outside the field of view, and in the
// middle.
type light struct{ background, noise, inside float64 }

// measure returns the light of a photograph. dark is false if the corners are not clearly darker than the middle.
func measure(level []uint8, w, h int) (l light, dark bool) {
	k := max(min(w, h)*3/100, 2)
	var corners, middle [256]int
	for y := range h {
		for x := range w {
			v := level[y*w+x]
			switch {
			case (x < k || x >= w-k) && (y < k || y >= h-k):
				corners[v]++
			case x > w/4 && x < w*3/4 && y > h/4 && y < h*3/4:
				middle[v]++
			}
		}
	}
	l = light{float64(quantile(corners, 0.5)), float64(quantile(corners, 0.95)) + 4, float64(quantile(middle, 0.5))}
	return l, l.inside >= 4 && l.background <= 0.6*l.inside
}

// threshold returns a brightness above the corners' noise but low enough for dim parts of the rim.
func (l light) threshold() uint8 {
	low := l.background + 0.12*(l.inside-l.background)
	return uint8(math.Ceil(min(max(l.noise, low), l.half())))
}

// half returns the brightness halfway between the corners and the middle.
func (l light) half() float64 { return l.background + 0.5*(l.inside-l.background) }

func quantile(histogram [256]int, q float64) int {
	total := 0
	for _, n := range histogram {
		total += n
	}
	rank := int(q * float64(total))
	for v, n := range histogram {
		if rank -= n; rank < 0 {
			return v
		}
	}
	return 255
}
