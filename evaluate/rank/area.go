package rank

import (
	"math"
	"math/big"
)

// A Group holds the numbers of pixels with one score.
type Group struct {
	Score float32
	// Outside and Inside count the pixels outside and inside the field of view; index 0 counts background,
	// index 1 foreground.
	Outside, Inside [2]int64
}

// All returns the counts of all pixels of the group, inside and outside.
func (g *Group) All() [2]int64 {
	return [2]int64{g.Outside[0] + g.Inside[0], g.Outside[1] + g.Inside[1]}
}

// WalkSorted calls visit for each distinct score of keys in ascending order, the highest score first. The
// group is reused for the next score.
func WalkSorted(keys []uint32, visit func(*Group)) {
	var group Group
	for end := len(keys); end > 0; {
		key := keys[end-1]
		bits := key >> labelBits
		group = Group{Score: math.Float32frombits(bits)}
		for {
			if key&insideBit != 0 {
				group.Inside[key&truthBit]++
			} else {
				group.Outside[key&truthBit]++
			}
			if end--; end == 0 {
				break
			}
			if key = keys[end-1]; key>>labelBits != bits {
				break
			}
		}
		visit(&group)
	}
}

// A grouper groups keys that arrive one at a time, the highest first.
type grouper struct {
	group   Group
	started bool
}

func (g *grouper) add(key uint32, visit func(*Group)) {
	if score := scoreOf(key); !g.started || score != g.group.Score {
		g.flush(visit)
		g.group, g.started = Group{Score: score}, true
	}
	if key&insideBit != 0 {
		g.group.Inside[key&truthBit]++
	} else {
		g.group.Outside[key&truthBit]++
	}
}

func (g *grouper) flush(visit func(*Group)) {
	if g.started {
		visit(&g.group)
	}
}

// An Area accumulates the area under the ROC curve and average precision over
// groups that arrive in descending order of score.
type Area struct {
	truePositives, falsePositives int64
	// pairs is twice the number of (foreground, background) pairs in the right
	// order, ties counted half, for the background seen so far. It overflows
	// 64 bits only beyond 4e9 pixels, and then moves into carried.
	pairs     uint64
	carried   big.Int
	precision float64 // sum over foreground pixels of the precision at their score
}

// Add adds the next group's numbers of background and foreground pixels.
func (a *Area) Add(counts [2]int64) {
	negatives, positives := counts[0], counts[1]
	if negatives > 0 {
		pairs := uint64(negatives) * uint64(2*a.truePositives+positives)
		if a.pairs > math.MaxUint64-pairs {
			a.carried.Add(&a.carried, new(big.Int).SetUint64(a.pairs))
			a.pairs = 0
		}
		a.pairs += pairs
	}
	a.truePositives += positives
	a.falsePositives += negatives
	if positives > 0 {
		a.precision += float64(positives) * float64(a.truePositives) / float64(a.truePositives+a.falsePositives)
	}
}

// AUC returns the probability that a foreground pixel scores higher than a background pixel, with ties
// counted half; NaN unless there are both.
func (a *Area) AUC() float64 {
	if a.truePositives == 0 || a.falsePositives == 0 {
		return math.NaN()
	}
	total := new(big.Int).Add(&a.carried, new(big.Int).SetUint64(a.pairs))
	whole := new(big.Int).Mul(big.NewInt(2*a.truePositives), big.NewInt(a.falsePositives))
	auc, _ := new(big.Rat).SetFrac(total, whole).Float64()
	return auc
}

// AveragePrecision returns the sum over thresholds of the step in recall times the precision there, without
// interpolation; NaN if there is no foreground.
func (a *Area) AveragePrecision() float64 {
	if a.truePositives == 0 {
		return math.NaN()
	}
	return a.precision / float64(a.truePositives)
}
