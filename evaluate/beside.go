package evaluate

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"r2unet/evaluate/measures"
)

// A Beside is one measure of one network on a dataset, side by side in several sweeps.
type Beside struct {
	Dataset, Network string
	Measure          *measures.Measure
	Phantom          bool
	Cells            []BesideCell // one for each sweep
}

// A BesideCell is a value of one of several sweeps.
type BesideCell struct {
	Cell
	Runs      string // what the mean is over, "" where the sweep has none of the network
	Interval  string // of F1: 95 % bootstrap over the images; "" for other measures
	Other     bool   // of other files or images than most of the dataset: not comparable with them
	Best      bool   // of several sweeps that measured the network on the same images
	BestOfAll bool   // of all networks and sweeps on these images of the dataset, if there are several
}

// SideBySide sets the sweeps' measures side by side, network by network as DifferencesOf matches them. Measures that no
// run has are left out; those of whole masks are means over images, the others count all pixels in one.
func SideBySide(sweeps [][]Result, of ...*measures.Measure) []Beside {
	found := matched(sweeps)
	names := matchNames(found)
	var all []Beside
	for start := 0; start < len(found); {
		first, _ := found[start].first()
		end := start + 1
		for end < len(found) {
			if g, _ := found[end].first(); g[0].DatasetLabel() != first[0].DatasetLabel() {
				break
			}
			end++
		}
		other := otherImages(found[start:end])
		for _, m := range of {
			rows := besides(found[start:end], names[start:end], other, m)
			if slices.ContainsFunc(rows, func(b Beside) bool {
				return slices.ContainsFunc(b.Cells, func(c BesideCell) bool { return Defined(c.Value) })
			}) {
				all = append(all, rows...)
			}
		}
		start = end
	}
	return all
}

// besides makes the rows of one measure on one dataset. Other has the matches' groups that are not comparable.
func besides(found []match, names []string, other [][]bool, m *measures.Measure) []Beside {
	var rows []Beside
	for i, match := range found {
		first, _ := match.first()
		row := Beside{
			Dataset: first[0].DatasetLabel(), Network: names[i], Measure: m, Phantom: first[0].Phantom,
			Cells: make([]BesideCell, len(match)),
		}
		for k, g := range match {
			if g == nil {
				row.Cells[k].Cell = text("")
				continue
			}
			row.Cells[k] = BesideCell{
				Cell: number(g.summarize(func(r *Result) float64 { return inOneCount(r, m) }), m.ShownDecimals()),
				Runs: g.runs(), Other: other[i][k],
			}
			if m == measures.F1 && g[0].Measures.says(m) {
				if in := g.interval(measures.F1.Counts); Defined(in.Low) {
					row.Cells[k].Interval = fmt.Sprintf("%.4f to %.4f", in.Low, in.High)
				}
			}
		}
		rows = append(rows, row)
	}
	markBest(rows)
	return rows
}

// measured identifies the images that a group has measured.
func (g group) measured() string {
	ids := map[string]bool{}
	for _, r := range g {
		for i := range r.Measures.Inside.Images {
			ids[r.Measures.Inside.Images[i].ID] = true
		}
	}
	return fmt.Sprintf("%q %q", g[0].DataHash, slices.Sorted(maps.Keys(ids)))
}

// otherImages reports of each group whether it has measured other images than most groups, of several equally frequent
// ones than the first.
func otherImages(found []match) [][]bool {
	measured := make([][]string, len(found))
	count := map[string]int{}
	var order []string
	for i, m := range found {
		measured[i] = make([]string, len(m))
		for k, g := range m {
			if g == nil {
				continue
			}
			images := g.measured()
			if measured[i][k] = images; count[images] == 0 {
				order = append(order, images)
			}
			count[images]++
		}
	}
	most := slices.MaxFunc(order, func(a, b string) int { return count[a] - count[b] })
	other := make([][]bool, len(found))
	for i := range found {
		for _, images := range measured[i] {
			other[i] = append(other[i], images != most)
		}
	}
	return other
}

// inOneCount returns a measure of all pixels in one count, or of masks the mean over images.
func inOneCount(r *Result, m *measures.Measure) float64 {
	switch {
	case !r.Measures.says(m):
		return math.NaN()
	case m.Masks != nil:
		return r.Measures.Inside.PerImage.Of(m)
	}
	return r.Measures.Inside.Micro.Of(m)
}

// markBest marks the best value of each row and of all rows, as far as they are of the same images. Values that look
// the same in the table are equally good.
func markBest(rows []Beside) {
	var all []*BesideCell
	for i := range rows {
		var row []*BesideCell
		for k := range rows[i].Cells {
			if c := &rows[i].Cells[k]; Defined(c.Value) && !c.Other {
				row = append(row, c)
			}
		}
		for _, c := range best(row, rows[i].Measure) {
			c.Best = true
		}
		all = append(all, row...)
	}
	for _, c := range best(all, rows[0].Measure) {
		c.BestOfAll = true
	}
}

// best returns the cells with the best value; none where there is no choice or all look the same.
func best(cells []*BesideCell, m *measures.Measure) []*BesideCell {
	if len(cells) < 2 {
		return nil
	}
	shown := func(c *BesideCell) string { return fmt.Sprintf("%.*f", m.ShownDecimals(), c.Value) }
	top := slices.MaxFunc(cells, func(a, b *BesideCell) int {
		if m.LowerIsBetter {
			a, b = b, a
		}
		switch {
		case a.Value < b.Value:
			return -1
		case a.Value > b.Value:
			return 1
		}
		return 0
	})
	equal := slices.DeleteFunc(slices.Clone(cells), func(c *BesideCell) bool { return shown(c) != shown(top) })
	if len(equal) == len(cells) {
		return nil
	}
	return equal
}
