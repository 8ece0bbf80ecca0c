package claims

import (
	"cmp"
	"math"
	"slices"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
)

// A sample is the paired differences of two networks on a dataset. Units are what is independent of each other:
// patients where the names of images tell them, otherwise images; for learning curves, trainings.
type sample struct {
	cells     []statistics.Cell
	units     int
	trainings int // pairs of runs with the same seed and fold
	images    int // that both measured
	unpaired  int // runs without a partner of the same seed and fold
	unit      string
}

// pairs returns the runs of two networks that share seed and fold, in order.
func pairs(a, b *network) (both [][2]*Run, unpaired int) {
	for _, r := range a.runs {
		at := slices.IndexFunc(b.runs, func(o *Run) bool {
			return o.Result.Seed == r.Result.Seed && o.Result.Fold == r.Result.Fold
		})
		if at >= 0 {
			both = append(both, [2]*Run{r, b.runs[at]})
		}
	}
	slices.SortFunc(both, func(x, y [2]*Run) int {
		return cmp.Or(cmp.Compare(x[0].Result.Seed, y[0].Result.Seed),
			cmp.Compare(x[0].Result.Fold, y[0].Result.Fold))
	})
	return both, len(a.runs) + len(b.runs) - 2*len(both)
}

// imageDifferences subtracts b's measure from a's, image by image inside the field of view; a unit's cell is the mean
// over its images.
func imageDifferences(a, b *network, m *measures.Measure) sample {
	return unitDifferences(a, b, m, evaluate.UnitOf)
}

// unitDifferences is imageDifferences with units of one's choice.
func unitDifferences(
	a, b *network, m *measures.Measure, unitOf func(image string, of ...*evaluate.Result) (unit, kind string),
) sample {
	both, unpaired := pairs(a, b)
	s := sample{unpaired: unpaired, unit: "image"}
	unitIndex, images := map[string]int{}, map[string]bool{}
	for _, pair := range both {
		other := map[string]float64{}
		for i := range pair[1].Result.Measures.Inside.Images {
			image := &pair[1].Result.Measures.Inside.Images[i]
			other[image.ID] = image.Scores.Of(m)
		}
		sums, counts := map[int]float64{}, map[int]float64{}
		var order []int
		for i := range pair[0].Result.Measures.Inside.Images {
			image := &pair[0].Result.Measures.Inside.Images[i]
			theirs, ok := other[image.ID]
			difference := image.Scores.Of(m) - theirs
			if !ok || math.IsNaN(difference) {
				continue
			}
			images[image.ID] = true
			var unit string
			unit, s.unit = unitOf(image.ID, &pair[0].Result, &pair[1].Result)
			at, known := unitIndex[unit]
			if !known {
				at = len(unitIndex)
				unitIndex[unit] = at
			}
			if counts[at] == 0 {
				order = append(order, at)
			}
			sums[at] += difference
			counts[at]++
		}
		for _, at := range order {
			s.cells = append(s.cells, statistics.Cell{Unit: at, Training: s.trainings, Value: sums[at] / counts[at]})
		}
		if len(order) > 0 {
			s.trainings++
		}
	}
	s.units, s.images = len(unitIndex), len(images)
	return s
}

// curveDifferences subtracts the areas under the learning curves of runs with the same seed and fold.
func curveDifferences(a, b *network) sample {
	both, unpaired := pairs(a, b)
	s := sample{unpaired: unpaired, unit: "training"}
	for _, pair := range both {
		from := max(firstShare(pair[0].History), firstShare(pair[1].History))
		difference := area(pair[0].History, from) - area(pair[1].History, from)
		if math.IsNaN(difference) {
			continue
		}
		s.cells = append(s.cells, statistics.Cell{Unit: s.units, Training: s.units, Value: difference})
		s.units++
	}
	s.trainings = s.units
	return s
}

// unitMeans returns each unit's mean over trainings.
func (s sample) unitMeans() []float64 {
	return s.means(s.units, func(c statistics.Cell) int { return c.Unit })
}

// trainingMeans returns each training's mean over units.
func (s sample) trainingMeans() []float64 {
	return s.means(s.trainings, func(c statistics.Cell) int { return c.Training })
}

func (s sample) means(n int, of func(statistics.Cell) int) []float64 {
	sums, counts := make([]float64, n), make([]float64, n)
	for _, c := range s.cells {
		sums[of(c)] += c.Value
		counts[of(c)]++
	}
	for i := range sums {
		sums[i] /= counts[i]
	}
	return sums
}
