package preprocess

import "math"

// taps are the source samples, with weights, whose weighted mean is one output sample.
type taps struct {
	first   int
	weights []float32
}

// filter is a triangle filter: bilinear interpolation when enlarging. When shrinking it is widened so that every
// source sample counts, which avoids aliasing of hairs and thin vessels.
type filter struct {
	from           int
	scale, support float64
}

func newFilter(from, to int) filter {
	scale := float64(from) / float64(to)
	return filter{from, scale, max(scale, 1)}
}

// taps returns the taps of output sample i.
func (f filter) taps(i int) taps {
	centre := (float64(i)+0.5)*f.scale - 0.5
	first := max(int(math.Ceil(centre-f.support)), 0)
	last := min(int(math.Floor(centre+f.support)), f.from-1)
	weights := make([]float32, 0, last-first+1)
	sum := 0.0
	for k := first; k <= last; k++ {
		sum += 1 - math.Abs(float64(k)-centre)/f.support
	}
	for k := first; k <= last; k++ {
		weights = append(weights, float32((1-math.Abs(float64(k)-centre)/f.support)/sum))
	}
	return taps{first, weights}
}

// strip is the number of columns resized at once, which keeps temporary memory small for any shape: an image of 8 kB
// may be 67,108,864 pixels wide.
const strip = 1 << 12

// mostBetween bounds the pixels computed between columns and rows, unless source or result are about as large.
const mostBetween = 1 << 24

// Resize scales the planes to width×height px without keeping the aspect ratio. It computes PIL's BILINEAR without
// PIL's rounding to 8 bits after the columns and after the rows: within one 8-bit step of it, and within a thousandth
// of a step of PIL on floats. Values are means of the source's, so nothing overshoots; at the edges the filter is cut
// off and its weights are scaled to sum to 1.
func (p *Planes) Resize(width, height int) *Planes {
	if width == p.Width && height == p.Height {
		return p
	}
	if between := width * p.Height; between > mostBetween && between > 4*max(p.Width*p.Height, width*height) {
		// Rows first: the same but for rounding, and not thousands of times the work.
		return p.Resize(p.Width, height).Resize(width, height)
	}
	out := New(width, height, p.Channels)
	across, down := newFilter(p.Width, width), newFilter(p.Height, height)
	narrow := make([]float32, min(strip, width))
	var columns []taps
	for left := 0; left < width; left += strip {
		columns = columns[:0]
		for x := left; x < min(left+strip, width); x++ {
			columns = append(columns, across.taps(x))
		}
		for c := range p.Channels {
			resizeStrip(out, p, c, left, columns, narrow[:len(columns)], down)
		}
	}
	return out
}

// resizeStrip resizes the columns of a plane from left on. Each row of the source is resized to narrow once and then
// added to all rows of the result that use it.
func resizeStrip(out, p *Planes, c, left int, columns []taps, narrow []float32, down filter) {
	src, dst := p.Plane(c), out.Plane(c)
	var active []taps // of the rows of the result, from `first` on, that use y
	first, next := 0, down.taps(0)
	for y := range p.Height {
		line := src[y*p.Width : (y+1)*p.Width]
		for x, t := range columns {
			s := float32(0)
			for k, v := range line[t.first : t.first+len(t.weights)] {
				s += v * t.weights[k]
			}
			narrow[x] = s
		}
		for len(active) > 0 && active[0].first+len(active[0].weights) <= y {
			active, first = active[1:], first+1
		}
		for first+len(active) < out.Height && next.first <= y {
			active = append(active, next)
			next = down.taps(first + len(active))
		}
		for i, t := range active {
			weight := t.weights[y-t.first]
			to := dst[(first+i)*out.Width+left:][:len(narrow)]
			for x, v := range narrow {
				to[x] += v * weight
			}
		}
	}
}
