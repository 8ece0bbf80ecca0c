package fov

import (
	"math"
	"slices"
)

// A straight cut of the aperture is searched in strips across the disc. It counts if its edge lies on one line in
// enough strips.
const (
	cutStrips   = 16
	cutAgree    = 4    // strips on the line, at least
	cutSpread   = 2.0  // distance from the line, px
	cutContrast = 0.25 // rise of light across the edge, as a share of the disc's light, at least
	edgeReach   = 3    // width over which film blurs an edge, px
)

// cut is a straight, perhaps slightly tilted edge of a disc: pixels on its bright side have a·x + b·y ≥ d, with a² +
// b² = 1.
type cut struct{ a, b, d float64 }

// inside returns the distance of a point from the edge in px, positive on the bright side.
func (k cut) inside(x, y float64) float64 { return k.a*x + k.b*y - k.d }

// cuts finds the straight edges of a disc above, below, left and right. There is none where the disc ends at its own
// rim or at the image's border.
func (c circle) cuts(level []uint8, contrast float64, w, h int) []cut {
	at := func(x, y int) float64 { return float64(level[y*w+x]) }
	var out []cut
	for _, side := range []struct {
		circle
		across int // pixels
		level  func(along, across int) float64
		back   func(cut) cut // from (inwards, across) to (x, y)
	}{
		{
			circle{c.y, c.x, c.r},
			w,
			func(k, u int) float64 { return at(u, k) },
			func(k cut) cut { return cut{k.b, k.a, k.d} },
		},
		{
			circle{float64(h-1) - c.y, c.x, c.r},
			w,
			func(k, u int) float64 { return at(u, h-1-k) },
			func(k cut) cut { return cut{k.b, -k.a, k.d - k.a*float64(h-1)} },
		},
		{circle{c.x, c.y, c.r}, h, func(k, u int) float64 { return at(k, u) }, func(k cut) cut { return k }},
		{
			circle{float64(w-1) - c.x, c.y, c.r},
			h,
			func(k, u int) float64 { return at(w-1-k, u) },
			func(k cut) cut { return cut{-k.a, k.b, k.d - k.a*float64(w-1)} },
		},
	} {
		if k, ok := side.cut(side.level, contrast, side.across); ok {
			out = append(out, side.back(k))
		}
	}
	return out
}

// cut finds the straight edge that bounds the disc towards small x, in a picture of h rows. level returns the light at
// (x, y).
func (c circle) cut(level func(x, y int) float64, contrast float64, h int) (cut, bool) {
	var edges [][2]float64
	wide := 0.6 * c.r / (cutStrips / 2)
	for i := range cutStrips {
		middle := c.y + (float64(i)-cutStrips/2+0.5)*wide
		low, high := max(int(middle-wide/2), 0), min(int(middle+wide/2), h-1)
		if high <= low {
			continue
		}
		rim := c.x - math.Sqrt(c.r*c.r-(middle-c.y)*(middle-c.y))
		light := func(x int) float64 { return medianOf(level, x, low, high) }
		if x, ok := c.edge(light, max(rim, 0), contrast); ok && x > rim+2*edgeReach {
			edges = append(edges, [2]float64{x, middle})
		}
	}
	return line(edges)
}

// edge returns the middle of the steepest rise of light from the rim inwards. ok is false if no rise has the contrast.
func (c circle) edge(light func(x int) float64, rim, contrast float64) (x float64, ok bool) {
	first, last := int(rim), int(c.x-c.r/4)
	var profile []float64
	for x := first; x <= last; x++ {
		profile = append(profile, light(x))
	}
	best := 0
	for i := edgeReach; i+edgeReach < len(profile); i++ {
		if rise := profile[i+edgeReach] - profile[i-edgeReach]; rise > contrast {
			best, contrast = i, rise
		}
	}
	if best == 0 {
		return 0, false
	}
	outer, inner := profile[best-edgeReach], profile[best+edgeReach]
	i := best - edgeReach
	for profile[i+1] < (outer+inner)/2 {
		i++
	}
	return float64(first+i) + ((outer+inner)/2-profile[i])/(profile[i+1]-profile[i]), true
}

// medianOf returns the median light of a column between two rows.
func medianOf(level func(x, y int) float64, x, low, high int) float64 {
	values := make([]float64, 0, high-low+1)
	for y := low; y <= high; y++ {
		values = append(values, level(x, y))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// line fits x = s·y + t through most of the points: the median of the slopes of all pairs, then of the offsets. ok is
// false if too few points lie on it, or if it is steeper than a picture can be tilted.
func line(points [][2]float64) (cut, bool) {
	if len(points) < cutAgree {
		return cut{}, false
	}
	var slopes, offsets []float64
	for i, p := range points {
		for _, q := range points[:i] {
			slopes = append(slopes, (p[0]-q[0])/(p[1]-q[1]))
		}
	}
	slices.Sort(slopes)
	s := slopes[len(slopes)/2]
	for _, p := range points {
		offsets = append(offsets, p[0]-s*p[1])
	}
	slices.Sort(offsets)
	t := offsets[len(offsets)/2]
	agree := 0
	for _, p := range points {
		if math.Abs(p[0]-s*p[1]-t) <= cutSpread {
			agree++
		}
	}
	n := math.Hypot(1, s)
	return cut{1 / n, -s / n, t / n}, agree >= cutAgree && 2*agree > len(points) && math.Abs(s) < 0.1
}
