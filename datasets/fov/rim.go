package fov

import "math"

// withDimRim widens the box of the bright region on sides where it ends inside the disc only because the rim is dim:
// there is light between the region and the rim, and no straight edge.
func (c circle) withDimRim(region box, level []uint8, l light, w, h int) box {
	wider := region
	for _, side := range []struct {
		gap    float64 // between the region and the rim, px
		beyond func(x, y int) bool
		edge   func(k cut) bool // reports whether a cut is on this side
		widen  func()
	}{
		{
			float64(region.x0) - (c.x - c.r), func(x, _ int) bool { return x < region.x0 },
			func(k cut) bool { return k.a > 0.9 }, func() { wider.x0 = 0 },
		},
		{
			float64(region.y0) - (c.y - c.r), func(_, y int) bool { return y < region.y0 },
			func(k cut) bool { return k.b > 0.9 }, func() { wider.y0 = 0 },
		},
		{
			c.x + c.r - float64(region.x1), func(x, _ int) bool { return x > region.x1 },
			func(k cut) bool { return k.a < -0.9 }, func() { wider.x1 = w - 1 },
		},
		{
			c.y + c.r - float64(region.y1), func(_, y int) bool { return y > region.y1 },
			func(k cut) bool { return k.b < -0.9 }, func() { wider.y1 = h - 1 },
		},
	} {
		if side.gap <= 2*erosion || c.median(level, side.beyond, w, h) <= l.noise {
			continue
		}
		straight := false
		for _, k := range c.cuts(level, cutContrast*(l.inside-l.background), w, h) {
			straight = straight || side.edge(k)
		}
		if !straight {
			side.widen()
		}
	}
	return wider
}

// median returns the median light of a part of the disc, or 0 if that part lies outside the image.
func (c circle) median(level []uint8, part func(x, y int) bool, w, h int) float64 {
	var histogram [256]int
	n := 0
	r := c.r - 2*erosion
	for y := max(0, int(c.y-r)); y < min(h, int(c.y+r)+1); y++ {
		for x := max(0, int(c.x-r)); x < min(w, int(c.x+r)+1); x++ {
			if part(x, y) && math.Hypot(float64(x)-c.x, float64(y)-c.y) < r {
				histogram[level[y*w+x]]++
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return float64(quantile(histogram, 0.5))
}
