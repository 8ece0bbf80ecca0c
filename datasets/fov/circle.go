package fov

import (
	"math"
	"slices"
)

// circle is a fitted aperture, in pixels.
type circle struct{ x, y, r float64 }

// Limits of the fit: a point fits if it is within fitTolerance px of the circle, and the circle is accepted if a share
// of fitShare of the points fit.
const (
	fitTolerance = 3.0
	fitShare     = 0.6
	fitRounds    = 12
	spacing      = 2.0 // between sampled outline points, px
)

// fitCircle fits a circle to a convex outline by least squares. It ignores points on the image's border and, round by
// round, points far from the circle: straight cuts of the aperture and rims too dark to be seen. ok is false if too
// few points fit.
func fitCircle(hull []point, w, h int) (c circle, ok bool) {
	points := sample(hull, w, h)
	if len(points) < 16 {
		return circle{}, false
	}
	kept := points
	for range fitRounds {
		c, ok = leastSquares(kept)
		if !ok {
			return circle{}, false
		}
		distances := make([]float64, len(kept))
		for i, p := range kept {
			distances[i] = c.distance(p)
		}
		slices.Sort(distances)
		limit := max(fitTolerance/2, 2*distances[len(distances)/2])
		next := make([][2]float64, 0, len(points))
		for _, p := range points {
			if c.distance(p) <= limit {
				next = append(next, p)
			}
		}
		if len(next) < len(points)/4 {
			return circle{}, false
		}
		if len(next) == len(kept) {
			break
		}
		kept = next
	}
	fitting := 0
	for _, p := range points {
		if c.distance(p) <= fitTolerance {
			fitting++
		}
	}
	return c, float64(fitting) >= fitShare*float64(len(points)) && c.r < 2*float64(max(w, h))
}

// sample returns points along the outline's edges, away from the image's border.
func sample(hull []point, w, h int) [][2]float64 {
	var out [][2]float64
	inner := func(v, size float64) bool { return v >= 2 && v <= size-3 }
	for i, a := range hull {
		b := hull[(i+1)%len(hull)]
		dx, dy := float64(b.x-a.x), float64(b.y-a.y)
		n := max(1, int(math.Hypot(dx, dy)/spacing))
		for k := range n {
			x, y := float64(a.x)+dx*float64(k)/float64(n), float64(a.y)+dy*float64(k)/float64(n)
			if inner(x, float64(w)) && inner(y, float64(h)) {
				out = append(out, [2]float64{x, y})
			}
		}
	}
	return out
}

func (c circle) distance(p [2]float64) float64 {
	return math.Abs(math.Hypot(p[0]-c.x, p[1]-c.y) - c.r)
}

// leastSquares solves x²+y² = 2ax+2by+q for a, b, q (Kåsa's fit) around the points' mean.
func leastSquares(points [][2]float64) (circle, bool) {
	var mx, my float64
	for _, p := range points {
		mx += p[0]
		my += p[1]
	}
	n := float64(len(points))
	mx, my = mx/n, my/n
	var xx, xy, yy, xz, yz, z float64
	for _, p := range points {
		x, y := p[0]-mx, p[1]-my
		s := x*x + y*y
		xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
		xz, yz, z = xz+x*s, yz+y*s, z+s
	}
	det := 2 * (xx*yy - xy*xy)
	if math.Abs(det) < 1e-6*z {
		return circle{}, false
	}
	a, b := (xz*yy-yz*xy)/det, (yz*xx-xz*xy)/det
	return circle{mx + a, my + b, math.Sqrt(z/n + a*a + b*b)}, true
}

// mask fills the eroded circle within the box of the bright region, because an aperture may be cut off straight.
func (c circle) mask(b box, w, h int) []uint8 {
	// A side of the region that the circle itself explains is not a cut.
	if float64(b.x0) <= c.x-c.r+2*erosion {
		b.x0 = 0
	}
	if float64(b.y0) <= c.y-c.r+2*erosion {
		b.y0 = 0
	}
	if float64(b.x1) >= c.x+c.r-2*erosion {
		b.x1 = w - 1
	}
	if float64(b.y1) >= c.y+c.r-2*erosion {
		b.y1 = h - 1
	}
	out := make([]uint8, w*h)
	r := c.r - erosion
	for y := b.y0; y <= b.y1; y++ {
		dy := float64(y) - c.y
		if math.Abs(dy) > r {
			continue
		}
		half := math.Sqrt(r*r - dy*dy)
		for x := max(b.x0, int(math.Ceil(c.x-half))); x <= min(b.x1, int(math.Floor(c.x+half))); x++ {
			out[y*w+x] = 1
		}
	}
	return out
}
