package audit

import (
	"fmt"
	"math"
)

// A printedRange is the values of a measure that its printed digits stand for.
type printedRange struct {
	measure string
	interval
}

// confusion computes a measure from true positives and true negatives; it increases with both.
var confusion = map[string]func(tp, tn float64, of pixels) float64{
	"se": func(tp, _ float64, of pixels) float64 { return tp / of.foreground },
	"sp": func(_, tn float64, of pixels) float64 { return tn / of.background },
	"ac": func(tp, tn float64, of pixels) float64 { return (tp + tn) / (of.foreground + of.background) },
	"f1": func(tp, tn float64, of pixels) float64 {
		return 2 * tp / (tp + of.foreground + of.background - tn)
	},
	"precision": func(tp, tn float64, of pixels) float64 { return tp / (tp + of.background - tn) },
	"js":        func(tp, tn float64, of pixels) float64 { return tp / (of.foreground + of.background - tn) },
}

// negatives returns the true negatives, as real numbers, for which a measure lies in the interval, given the true
// positives: the inverse of confusion.
var negatives = map[string]func(i interval, tp float64, of pixels) interval{
	"ac": func(i interval, tp float64, of pixels) interval {
		all := of.foreground + of.background
		return interval{i.low*all - tp, i.high*all - tp}
	},
	"f1": func(i interval, tp float64, of pixels) interval {
		all := of.foreground + of.background
		return between(i, func(v float64) float64 { return tp + all - 2*tp/v }, tp)
	},
	"precision": func(i interval, tp float64, of pixels) interval {
		return between(i, func(v float64) float64 { return tp + of.background - tp/v }, tp)
	},
	"js": func(i interval, tp float64, of pixels) interval {
		return between(i, func(v float64) float64 { return of.foreground + of.background - tp/v }, tp)
	},
}

// between maps both ends of an interval of a measure that is 0 without true positives.
func between(i interval, of func(float64) float64, tp float64) interval {
	switch {
	case tp == 0 && i.low > 0:
		return interval{1, 0}
	case i.low <= 0:
		i.low = math.SmallestNonzeroFloat64
	}
	return interval{of(i.low), of(i.high)}
}

// order is that in which measures are tested, so that a reason names what the others allow.
var order = []string{"se", "sp", "ac", "f1", "precision", "js"}

// A possibility is the answer of counts to printed numbers.
type possibility struct {
	possible bool
	reason   string // why not, or an example
}

// pooled tests whether true positives and true negatives exist, as whole numbers of so many pixels, that give all
// printed values in one count.
//
// Every measure increases with both, and for given true positives each printed interval allows an interval of true
// negatives. So for every number of true positives that SE allows, the intervals of true negatives are intersected; the
// numbers are possible if one of these intersections contains a whole number.
func pooled(of pixels, printed []printedRange) possibility {
	given := map[string]interval{}
	for _, p := range printed {
		given[p.measure] = p.interval
	}
	positives := whole(given["se"], of.foreground)
	background := interval{0, of.background}
	if sp, ok := given["sp"]; ok {
		background = background.intersect(interval{sp.low * of.background, sp.high * of.background})
	}
	if example, _ := scan(of, positives, background, given, order, nil); example != nil {
		return possibility{true, fmt.Sprintf("TP = %.0f, TN = %.0f", example[0], example[1])}
	}
	return possibility{reason: conflict(of, background, given)}
}

// whole returns the whole numbers of so many pixels whose share lies in the interval; all if none is given.
func whole(share interval, pixels float64) interval {
	if share == (interval{}) {
		return interval{0, pixels}
	}
	return interval{math.Ceil(share.low * pixels), math.Floor(share.high * pixels)}.intersect(interval{0, pixels})
}

// conflict says which measures allow no value of the next one.
func conflict(of pixels, background interval, given map[string]interval) string {
	positives := whole(given["se"], of.foreground)
	var used []string
	allowed := everything // of the measure that is tested next
	for n := 1; n <= len(order); n++ {
		tested := order[n-1]
		if _, ok := given[tested]; !ok {
			continue
		}
		example, next := scan(of, positives, background, given, order[:n], order[n:])
		if example == nil {
			return fmt.Sprintf("%s allow %s %s", join(used), upper(tested), allowed)
		}
		used = append(used, upper(tested))
		allowed = next
	}
	return "no whole TP and TN give all of them"
}

// scan looks for whole TP and TN for which the measures lie in their intervals. It returns one such pair, of the TP
// with the most TN, and what they allow of the first given measure of the rest.
func scan(
	of pixels, positives, background interval, given map[string]interval, measures, rest []string,
) (example *[2]float64, allowed interval) {
	var next func(tp, tn float64, of pixels) float64
	for _, m := range rest {
		if _, ok := given[m]; ok {
			next = confusion[m]
			break
		}
	}
	allowed = interval{1, 0}
	widest := -1.0
	for tp := positives.low; tp <= positives.high; tp++ {
		tn := background
		for _, m := range measures {
			if i, ok := given[m]; ok && negatives[m] != nil {
				tn = tn.intersect(negatives[m](i, tp, of))
			}
		}
		low, high := math.Ceil(tn.low-1e-9), math.Floor(tn.high+1e-9)
		if low > high {
			continue
		}
		if high-low > widest {
			widest, example = high-low, &[2]float64{tp, math.Floor((low + high) / 2)}
		}
		if next != nil {
			allowed = allowed.hull(interval{next(tp, low, of), next(tp, high, of)})
		}
	}
	return example, allowed
}
