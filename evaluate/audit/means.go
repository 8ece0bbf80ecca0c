package audit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// means tests whether predictions of the images exist whose means over images of SE, SP, AC and F1 lie in the printed
// intervals. True positives and negatives of an image may be fractions of pixels here: a pixel is less than 10⁻⁵ of a
// mean, so what is called impossible is so, and what is called possible may fail by that much.
//
// With x and y the SE and SP of an image and w its share of foreground, AC = w·x + (1−w)·y. Given the mean of x, the
// mean of w·x is smallest if the images with the smallest shares have x = 1 and largest if those with the largest have;
// with y likewise, and everything between is possible. Other numbers than SE, SP, AC and F1 are not tested.
func means(set testSet, images []pixels, printed []printedRange) possibility {
	given := map[string]interval{"se": everything, "sp": everything, "ac": everything, "f1": everything}
	var used []string
	for _, p := range printed {
		if _, known := given[p.measure]; known {
			given[p.measure] = p.interval
			if p.measure != "ac" && p.measure != "f1" {
				used = append(used, upper(p.measure))
			}
		}
	}
	n := cmp.Or(set.drawn, len(images))
	var shares, others []float64
	for _, p := range images {
		shares, others = append(shares, p.share()), append(others, 1-p.share())
	}
	accuracy := interval{
		filled(shares, given["se"].low, n, true) + filled(others, given["sp"].low, n, true),
		filled(shares, given["se"].high, n, false) + filled(others, given["sp"].high, n, false),
	}.widen()
	if accuracy.gap(given["ac"]) > 0 {
		return possibility{reason: fmt.Sprintf("%s allow AC %s", join(used), accuracy)}
	}
	if given["f1"] == everything || set.drawn > 0 { // of drawn images a bound of F1 would be too wide to say anything
		return possibility{possible: true, reason: fmt.Sprintf("they allow AC %s", accuracy)}
	}
	if given["ac"] != everything {
		used = append(used, "AC")
	}
	f1 := meanF1(images, given)
	if f1.gap(given["f1"]) > 0 {
		return possibility{reason: fmt.Sprintf("%s allow F1 %s", join(used), f1)}
	}
	return possibility{true, fmt.Sprintf("they allow F1 %s", f1)}
}

// filled returns the mean over n images of weight·x if the mean of x is given and x lies in [0, 1]: the least, if the
// smallest weights are filled first, or the largest.
func filled(weights []float64, mean float64, n int, least bool) float64 {
	sorted := slices.Sorted(slices.Values(weights))
	if !least {
		slices.Reverse(sorted)
	}
	left, sum := min(max(mean, 0), 1)*float64(n), 0.0
	for _, w := range sorted[:n] {
		x := min(1, left)
		sum += w * x
		left -= x
	}
	return sum / float64(n)
}

// meanF1 bounds the mean of F1 over images, given intervals of the means of SE, SP and AC. The bounds are those of the
// Lagrangian dual: for any multipliers α, β, γ the mean of F1 is at most the mean over images of the largest
// F1 − α·SE − β·SP − γ·AC, plus the largest of α·SE + β·SP + γ·AC within the intervals. The multipliers are searched
// for the tightest bound, and whatever the search finds is a bound.
func meanF1(images []pixels, given map[string]interval) interval {
	bound := func(sign float64) float64 {
		dual := func(m []float64) float64 {
			sum := 0.0
			for _, p := range images {
				w := p.share()
				sum += extreme(p, m[0]+m[2]*w, m[1]+m[2]*(1-w), sign)
			}
			sum /= float64(len(images))
			for k, measure := range []string{"se", "sp", "ac"} {
				i := given[measure]
				sum += max(sign*m[k]*i.low, sign*m[k]*i.high)
			}
			return sum
		}
		best, at := math.Inf(1), []float64{0.5, 1, 0}
		for range 3 { // each search begins where the one before ended
			found, err := optimize.Minimize(optimize.Problem{Func: dual}, at, &optimize.Settings{
				FuncEvaluations: 200, Concurrent: 1,
			}, &optimize.NelderMead{})
			if found == nil || err != nil && found.F >= best {
				break
			}
			best, at = min(best, found.F), found.X
		}
		return best
	}
	return interval{-bound(-1), bound(1)}.widen().intersect(everything)
}

// extreme returns the largest of sign·(F1 − a·x − b·y) over SE x and SP y of an image, both in [0, 1], for sign 1 or
// −1.
//
// F1 = 2px/(px + p + n(1−y)) is concave in x and convex in y. So the largest value lies at y = 0 or 1, with x where the
// derivative vanishes; the smallest at x = 0 or 1, with y where it vanishes.
func extreme(of pixels, a, b, sign float64) float64 {
	p, n := of.foreground, of.background
	value := func(x, y float64) float64 {
		return sign * (2*p*x/(p*x+p+n*(1-y)) - a*x - b*y)
	}
	clamp := func(v float64) float64 { return min(max(v, 0), 1) }
	if sign > 0 {
		best := math.Inf(-1)
		for _, y := range []float64{0, 1} {
			x, k := 1.0, p+n*(1-y)
			if a > 0 {
				x = clamp((math.Sqrt(2*p*k/a) - k) / p)
			}
			best = max(best, value(x, y))
		}
		return best
	}
	y := 0.0
	if b > 0 {
		y = clamp(1 - (math.Sqrt(2*p*n/b)-2*p)/n)
	}
	return max(value(0, 0), value(0, 1), value(1, y), value(1, 0), value(1, 1))
}
