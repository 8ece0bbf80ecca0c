package fov

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A disc is accepted if the outline of the bright region covers enough of its rim, and if enough of that outline,
// without cuts, lies on the rim. For comparison: of the circle that fits a square best, the square's outline covers
// 0.31.
const (
	rimCoverage = 0.4  // of the rim within the image
	rimLeast    = 0.15 // of the whole circle
	rimShare    = 0.6  // of the outline
	rimSectors  = 72
)

const (
	discRounds = 500 // circles tried for each threshold
	discPoints = 800 // outline points used, about
	discLadder = 12  // thresholds tried above the first

	discSimilar = 0.95 // share of the most points on any circle from which another one is as good
)

// disc is a circle found in the bright region above a threshold.
type disc struct {
	circle
	region box // of the bright region
	cuts   []cut
	on     int // points of the region's outline on the circle
}

// findDisc looks for an aperture whose outline is only partly a circle: a disc that is cut off straight above and
// below, that has a notch, that lies beside dim film brighter than the image's corners, or whose rim is nearly as dark
// as the corners. It tries rising thresholds, from the corners' noise to half of the disc's light, and takes the
// lowest one at which the bright region follows its circle about as far as at any. ok is false if no threshold gives a
// disc with straight cuts.
func findDisc(level []uint8, l light, w, h int) (mask []uint8, ok bool) {
	first, last := uint8(min(float64(l.threshold()), l.noise)), uint8(math.Ceil(l.half()))
	contrast := cutContrast * (l.inside - l.background)
	var found []disc
	most := 0
	for i := range discLadder + 1 {
		t := first + uint8(i*int(last-first)/discLadder)
		component := largest(level, t, w, h)
		points := rimPoints(outline(component, w, h), w, h)
		c, ok := consensus(points, w, h)
		if !ok {
			continue
		}
		d := disc{c, bounds(component, w, h), c.cuts(level, contrast, w, h), len(c.near(points))}
		if c.supported(points, d.cuts, w, h) {
			found = append(found, d)
			most = max(most, d.on)
		}
	}
	for _, d := range found {
		if float64(d.on) >= discSimilar*float64(most) {
			d.region = d.withDimRim(d.region, level, l, w, h)
			return d.mask(w, h), true
		}
	}
	return nil, false
}

// mask fills the eroded circle between its cuts. The middle of a cut's edge is already inside the edge.
func (d disc) mask(w, h int) []uint8 {
	mask := d.circle.mask(d.region, w, h)
	for i := range mask {
		for _, k := range d.cuts {
			if k.inside(float64(i%w), float64(i/w)) < 0 {
				mask[i] = 0
			}
		}
	}
	return mask
}

// rimPoints thins an outline and drops its points on the image's border.
func rimPoints(outline []point, w, h int) [][2]float64 {
	var out [][2]float64
	step := max(1, len(outline)/discPoints)
	for i := 0; i < len(outline); i += step {
		if p := outline[i]; p.x >= 2 && p.x <= w-3 && p.y >= 2 && p.y <= h-3 {
			out = append(out, [2]float64{float64(p.x), float64(p.y)})
		}
	}
	return out
}

// tolerance returns how far a point on the rim may lie from the circle, in px.
func (c circle) tolerance() float64 { return min(fitTolerance, 1+c.r/100) }

// near returns the points on the rim.
func (c circle) near(points [][2]float64) [][2]float64 {
	var out [][2]float64
	for _, p := range points {
		if c.distance(p) <= c.tolerance() {
			out = append(out, p)
		}
	}
	return out
}

// plausible reports whether the circle can be the aperture in a picture of w×h px.
func (c circle) plausible(w, h int) bool {
	return c.x >= 0 && c.y >= 0 && c.x < float64(w) && c.y < float64(h) &&
		c.r >= float64(min(w, h))/8 && c.r <= float64(max(w, h))
}

// consensus finds the circle through three points that has the most points on it (RANSAC with a fixed seed), and fits
// it to these by least squares.
func consensus(points [][2]float64, w, h int) (best circle, ok bool) {
	if len(points) < 16 {
		return circle{}, false
	}
	r := rand.New(rand.NewPCG(1, 2))
	most := 0
	for range discRounds {
		three := [][2]float64{points[r.IntN(len(points))], points[r.IntN(len(points))], points[r.IntN(len(points))]}
		c, ok := leastSquares(three)
		if !ok || !c.plausible(w, h) {
			continue
		}
		n, near, far := 0, c.r-c.tolerance(), c.r+c.tolerance()
		for _, p := range points {
			dx, dy := p[0]-c.x, p[1]-c.y
			if d := dx*dx + dy*dy; d >= near*near && d <= far*far {
				n++
			}
		}
		if n > most {
			best, most = c, n
		}
	}
	for range 3 {
		c, ok := leastSquares(best.near(points))
		if !ok || !c.plausible(w, h) {
			return circle{}, false
		}
		best = c
	}
	return best, most > 0
}

// supported reports whether enough of the outline lies on the circle, and enough of the circle on the outline.
func (c circle) supported(points [][2]float64, cuts []cut, w, h int) bool {
	on := c.near(points)
	off := 0
	for _, p := range points {
		cutOff := func(k cut) bool { return k.inside(p[0], p[1]) < 2*fitTolerance }
		if c.distance(p) > c.tolerance() && !slices.ContainsFunc(cuts, cutOff) {
			off++
		}
	}
	return c.covered(on, w, h) && float64(len(on)) >= rimShare*float64(len(on)+off)
}

// covered reports whether points on the rim are spread over enough of it.
func (c circle) covered(on [][2]float64, w, h int) bool {
	var sectors [rimSectors]bool
	for _, p := range on {
		turn := (math.Atan2(p[1]-c.y, p[0]-c.x)/math.Pi + 1) / 2
		sectors[min(int(turn*rimSectors), rimSectors-1)] = true
	}
	covered, visible := 0, 0
	for i, s := range sectors {
		angle := (2*(float64(i)+0.5)/rimSectors - 1) * math.Pi
		x, y := c.x+c.r*math.Cos(angle), c.y+c.r*math.Sin(angle)
		if s {
			covered++
		}
		if s || x >= 2 && y >= 2 && x <= float64(w-3) && y <= float64(h-3) {
			visible++
		}
	}
	return float64(covered) >= rimLeast*rimSectors && float64(covered) >= rimCoverage*float64(visible)
}
