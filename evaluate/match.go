package evaluate

import (
	"cmp"
	"slices"
	"strconv"
)

// A match is one network on one dataset in several sweeps: its runs in each, nil where a sweep has none.
type match []group

// first returns the runs of the first sweep that has the network, and the sweep's place.
func (m match) first() (group, int) {
	at := slices.IndexFunc(m, func(g group) bool { return g != nil })
	return m[at], at
}

// matched sorts the finished runs of several sweeps by dataset and network. Networks are the same if their settings
// and files are, then if their settings are, and else if their names in the matrix are; the closest are put together
// first.
func matched(sweeps [][]Result) []match {
	var found []match
	for k, results := range sweeps {
		all := groups(inOrder(EachClass(results)))
		taken := make([]bool, len(all))
		for _, same := range []func(a, b group) bool{
			func(a, b group) bool { return a[0].Setting() == b[0].Setting() && a[0].DataHash == b[0].DataHash },
			func(a, b group) bool { return a[0].Setting() == b[0].Setting() },
			func(a, b group) bool { return a[0].DataHash == b[0].DataHash },
			func(a, b group) bool { return true },
		} {
			for i, g := range all {
				if taken[i] {
					continue
				}
				at := slices.IndexFunc(found, func(m match) bool {
					first, _ := m.first()
					return m[k] == nil && sameNetwork(first, g) && same(first, g)
				})
				if at >= 0 {
					found[at][k], taken[i] = g, true
				}
			}
		}
		for i, g := range all {
			if !taken[i] {
				m := make(match, len(sweeps))
				m[k] = g
				found = append(found, m)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b match) int {
		g, i := a.first()
		h, j := b.first()
		return cmp.Or(CompareResults(g[0], h[0]), cmp.Compare(i, j))
	})
	return found
}

func sameNetwork(a, b group) bool {
	return a[0].DatasetLabel() == b[0].DatasetLabel() && a[0].Label() == b[0].Label()
}

// matchNames returns the name of each match, unique in its dataset.
func matchNames(found []match) []string {
	var all rows
	for _, m := range found {
		g, _ := m.first()
		all = append(all, g)
	}
	names := all.names()
	list := make([]string, len(found))
	for i, g := range all {
		list[i] = names[g[0].RowKey()]
	}
	return list
}

// SweepLetter names the sweeps of a comparison in their order: A to Z, then A1 to Z1 and so on.
func SweepLetter(i int) string {
	letter := string(rune('A' + i%26))
	if i < 26 {
		return letter
	}
	return letter + strconv.Itoa(i/26)
}
