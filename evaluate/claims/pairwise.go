package claims

// A pairing is the tests of all pairs of networks on a dataset by one quantity.
type pairing struct {
	networks []*network
	tests    map[[2]int]*test // of the later network minus the earlier one, by their places
}

// pairwise tests every pair, corrected for all of them.
func pairwise(s *set, q quantity) pairing {
	p := pairing{networks: s.networks, tests: map[[2]int]*test{}}
	var family []*test
	for i, later := range s.networks {
		for k, earlier := range s.networks[:i] {
			one := q.sample(later, earlier)
			if one.units == 0 {
				continue
			}
			t := compare(later, earlier, q, []sample{one}, 0, q.margin)
			p.tests[[2]int{i, k}] = t
			family = append(family, t)
		}
	}
	correct(family)
	return p
}

// mark returns "▲" if the test says that a is above b, "▼" if below, and "" otherwise, by Holm's p and the interval.
func (t *test) mark() string {
	switch {
	case t.fewest() < leastTrainings || t.holmHold >= significant:
	case t.Low > 0:
		return " ▲"
	case t.High < 0:
		return " ▼"
	}
	return ""
}
