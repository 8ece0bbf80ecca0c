// Package fov makes the mask of a fundus camera's field of view from a photograph, for datasets that ship none.
//
// The recipe follows [47] of Alom et al. 2018 (threshold, largest component, filled, eroded) and adds what dark images need: the
// aperture of a fundus camera is a circle, perhaps cut off at the image's border, so a circle is fitted to the component's outline, and
// dark parts of the rim do not bend the mask. Where no circle fits, the mask is the component's convex hull.
package fov

import (
	"math"
	"slices"

	"r2unet/datasets/raster"
)

// erosion is how far the mask stays inside of the aperture's edge, in pixels: the edge is blurred over about two pixels.
const erosion = 2

// Generate gives the field of view of a photograph as zeros and ones, row-major, Width·Height. The mask has a smooth border, one
// component and no holes. A photograph without dark corners fills its frame: its field of view is everything.
func Generate(m *raster.Image) []uint8 {
	w, h := m.Width, m.Height
	level := brightness(m)
	threshold, dark := threshold(level, w, h)
	if !dark {
		return slices.Repeat([]uint8{1}, w*h)
	}
	component := largest(level, threshold, w, h)
	hull := convexHull(outline(component, w, h))
	if c, ok := fitCircle(hull, w, h); ok {
		return c.mask(bounds(component, w, h), w, h)
	}
	mask := fillPolygon(hull, w, h)
	return erode(mask, erosion, w, h)
}

// brightness is the largest channel of each pixel in 0..255, smoothed over 3×3 pixels. A fundus is red: its luminance falls
// into the noise of the border long before the red channel does.
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

// threshold looks at the four corners, which lie outside of the field of view, and at the middle, which lies inside. dark is false if
// the corners are not clearly darker.
func threshold(level []uint8, w, h int) (t uint8, dark bool) {
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
	inside := float64(quantile(middle, 0.5))
	background := float64(quantile(corners, 0.5))
	if inside < 4 || background > 0.6*inside {
		return 0, false
	}
	// Above the corners' noise, but low enough for dim parts of the rim.
	noise := float64(quantile(corners, 0.95)) + 4
	low := background + 0.12*(inside-background)
	return uint8(math.Ceil(min(max(noise, low), background+0.5*(inside-background)))), true
}

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
