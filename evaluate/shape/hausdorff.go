package shape

import (
	"math"
	"slices"
)

// Hausdorff is the percentile Hausdorff distance in pixels between the outlines of two masks: the larger of
// the two directions' percentiles (0 to 100, interpolated linearly) of the distances from one outline to the
// other. It is NaN if a mask is empty.
func Hausdorff(a, b *Mask, percentile float64) float64 {
	a, b = a.outline(), b.outline()
	forth, back := distances(a, b), distances(b, a)
	if len(forth) == 0 || len(back) == 0 {
		return math.NaN()
	}
	return max(quantile(forth, percentile/100), quantile(back, percentile/100))
}

// distances returns, for each pixel of from, the distance to the nearest pixel of to.
func distances(from, to *Mask) []float64 {
	squared := distanceTransform(to)
	var found []float64
	for i, set := range from.Pixels {
		if set {
			found = append(found, math.Sqrt(squared[i]))
		}
	}
	return found
}

func quantile(values []float64, q float64) float64 {
	slices.Sort(values)
	position := q * float64(len(values)-1)
	below := int(position)
	above := min(below+1, len(values)-1)
	part := position - float64(below)
	return values[below]*(1-part) + values[above]*part
}

// distanceTransform returns each pixel's squared distance to the nearest pixel of the mask, +Inf if the mask
// is empty: Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", exact in linear time.
func distanceTransform(m *Mask) []float64 {
	grid := make([]float64, len(m.Pixels))
	for i, set := range m.Pixels {
		if !set {
			grid[i] = math.Inf(1)
		}
	}
	longest := max(m.Width, m.Height)
	line := &parabolas{
		sample: make([]float64, longest),
		at:     make([]int, longest),
		from:   make([]float64, longest+1),
	}
	for x := range m.Width {
		line.transform(grid[x:], m.Width, m.Height)
	}
	for y := range m.Height {
		line.transform(grid[y*m.Width:], 1, m.Width)
	}
	return grid
}

// parabolas is the lower envelope of the parabolas that stand on the samples of a line.
type parabolas struct {
	sample []float64
	at     []int     // position of each parabola of the envelope
	from   []float64 // where each becomes the lowest
}

// transform replaces n samples, stride apart, by min over q of (p−q)² + sample[q].
func (e *parabolas) transform(line []float64, stride, n int) {
	last := -1
	for q := range n {
		e.sample[q] = line[q*stride]
		if math.IsInf(e.sample[q], 1) {
			continue
		}
		start := math.Inf(-1)
		for last >= 0 {
			start = e.crossing(e.at[last], q)
			if start > e.from[last] {
				break
			}
			last--
			start = math.Inf(-1)
		}
		last++
		e.at[last], e.from[last] = q, start
	}
	if last < 0 {
		return
	}
	k := 0
	for p := range n {
		for k < last && e.from[k+1] < float64(p) {
			k++
		}
		d := float64(p - e.at[k])
		line[p*stride] = d*d + e.sample[e.at[k]]
	}
}

// crossing is where the parabola at q falls below the one at p < q.
func (e *parabolas) crossing(p, q int) float64 {
	return (e.sample[q] - e.sample[p] + float64(q*q-p*p)) / float64(2*(q-p))
}
