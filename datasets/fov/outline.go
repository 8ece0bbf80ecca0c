package fov

import "slices"

// point is a pixel.
type point struct{ x, y int }

// outline returns the leftmost and rightmost pixel of each row of a region, and the topmost and bottommost of each
// column, which is enough for its convex hull.
func outline(mask []uint8, w, h int) []point {
	var out []point
	for y := range h {
		first, last := -1, -1
		for x := range w {
			if mask[y*w+x] != 0 {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			out = append(out, point{first, y}, point{last, y})
		}
	}
	return out
}

// convexHull returns the corners of the smallest convex polygon around the points, in order (Andrew's monotone chain).
func convexHull(points []point) []point {
	slices.SortFunc(points, func(a, b point) int {
		if a.x != b.x {
			return a.x - b.x
		}
		return a.y - b.y
	})
	points = slices.Compact(points)
	if len(points) < 3 {
		return points
	}
	half := func(points []point) []point {
		var chain []point
		for _, p := range points {
			for len(chain) > 1 && cross(chain[len(chain)-2], chain[len(chain)-1], p) <= 0 {
				chain = chain[:len(chain)-1]
			}
			chain = append(chain, p)
		}
		return chain[:len(chain)-1]
	}
	lower := half(points)
	slices.Reverse(points)
	return append(lower, half(points)...)
}

func cross(o, a, b point) int {
	return (a.x-o.x)*(b.y-o.y) - (a.y-o.y)*(b.x-o.x)
}

// fillPolygon marks the pixels inside a convex polygon and on its border.
func fillPolygon(corners []point, w, h int) []uint8 {
	first, last := make([]int, h), make([]int, h)
	for y := range h {
		first[y], last[y] = w, -1
	}
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		if a.y > b.y {
			a, b = b, a
		}
		for y := a.y; y <= b.y; y++ {
			x := a.x
			if b.y > a.y {
				x += (b.x - a.x) * (y - a.y) / (b.y - a.y)
			} else {
				first[y] = min(first[y], b.x)
				last[y] = max(last[y], b.x)
			}
			first[y], last[y] = min(first[y], x), max(last[y], x)
		}
	}
	mask := make([]uint8, w*h)
	for y := range h {
		for x := first[y]; x <= last[y]; x++ {
			mask[y*w+x] = 1
		}
	}
	return mask
}
