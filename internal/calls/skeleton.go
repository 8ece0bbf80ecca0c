package calls

// skeleton is the soft skeleton of a map of values from 0 to 1 (Shit et al. 2021): what openings remove from the map
// and from its erosions. It keeps what its gradient needs. An erosion is the minimum over a pixel and its four
// neighbours, an opening the maximum of that over 3×3 pixels; beyond the border there is nothing.
type skeleton struct {
	h, w    int
	eroded  [][]float64 // the map, and its erosions
	removed [][]float64 // max(0, map − its opening) of all but the last of them
	sums    [][]float64 // the skeleton after each of these
}

func newSkeleton(x []float64, h, w, iterations int) *skeleton {
	s := &skeleton{h: h, w: w, eroded: [][]float64{x}}
	for j := range iterations + 1 {
		e, next := s.eroded[j], make([]float64, h*w)
		for i := range next {
			next[i] = e[s.smallest(e, i)]
		}
		s.eroded = append(s.eroded, next)
		removed, sum := make([]float64, h*w), make([]float64, h*w)
		for i := range removed {
			removed[i] = max(e[i]-next[s.largest(next, i)], 0)
			sum[i] = removed[i]
			if j > 0 {
				before := s.sums[j-1][i]
				sum[i] = before + max(removed[i]-before*removed[i], 0)
			}
		}
		s.removed, s.sums = append(s.removed, removed), append(s.sums, sum)
	}
	return s
}

// values returns the skeleton.
func (s *skeleton) values() []float64 { return s.sums[len(s.sums)-1] }

// gradient returns the gradient with respect to the map from that with respect to the skeleton, which it overwrites.
func (s *skeleton) gradient(d []float64) []float64 {
	removed := make([][]float64, len(s.removed))
	for j := len(s.removed) - 1; j > 0; j-- {
		removed[j] = make([]float64, len(d))
		for i, before := range s.sums[j-1] {
			if r := s.removed[j][i]; r-before*r > 0 {
				removed[j][i] = d[i] * (1 - before)
				d[i] -= d[i] * r
			}
		}
	}
	removed[0] = d
	deeper := make([]float64, len(d)) // with respect to the next erosion
	for j := len(s.removed) - 1; j >= 0; j-- {
		e, next, here := s.eroded[j], s.eroded[j+1], make([]float64, len(d))
		for i, r := range s.removed[j] {
			if r > 0 {
				here[i] += removed[j][i]
				deeper[s.largest(next, i)] -= removed[j][i]
			}
		}
		for i, v := range deeper {
			here[s.smallest(e, i)] += v
		}
		deeper = here
	}
	return deeper
}

// smallest returns the index of the minimum of a pixel and its four neighbours, the pixel's own if others equal it.
func (s *skeleton) smallest(x []float64, i int) int {
	best, column := i, i%s.w
	if i >= s.w && x[i-s.w] < x[best] {
		best = i - s.w
	}
	if column > 0 && x[i-1] < x[best] {
		best = i - 1
	}
	if column < s.w-1 && x[i+1] < x[best] {
		best = i + 1
	}
	if i+s.w < len(x) && x[i+s.w] < x[best] {
		best = i + s.w
	}
	return best
}

// largest returns the index of the first maximum of the 3×3 pixels around one.
func (s *skeleton) largest(x []float64, i int) int {
	row, column, best := i/s.w, i%s.w, -1
	for v := max(row-1, 0); v <= min(row+1, s.h-1); v++ {
		for u := max(column-1, 0); u <= min(column+1, s.w-1); u++ {
			if at := v*s.w + u; best < 0 || x[at] > x[best] {
				best = at
			}
		}
	}
	return best
}
