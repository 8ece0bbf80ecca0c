package search

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"r2unet/internal/setting"
)

func init() {
	methods.Register("tpe", func(s setting.Setting) Method {
		return tpe{startup: int(s.Number("startup")), candidates: int(s.Number("candidates"))}.next
	}, setting.Whole("startup", 10, 1, 10_000), setting.Whole("candidates", 24, 1, 10_000))
}

// tpe is the tree-structured Parzen estimator of Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter
// Optimization", NIPS 2011, section 4. Earlier trials are divided into the best ones and the others; of candidates
// drawn from the density of the best, l, it takes the one with the largest ratio to the density of the others, g, to
// which the expected improvement is monotone. Each key has densities of its own.
type tpe struct {
	startup    int // trials that are drawn uniformly
	candidates int // per key
}

// good is γ, the share of trials that are among the best.
const good = 0.15

func (t tpe) next(space Space, from Source, earlier []Trial) Point {
	if len(earlier) < t.startup {
		return uniform(space, from, nil)
	}
	sorted := slices.Clone(earlier)
	slices.SortStableFunc(sorted, func(a, b Trial) int { return cmp.Compare(a.Loss, b.Loss) })
	n := int(math.Ceil(good * float64(len(sorted))))
	p := make(Point, len(space))
	for i, k := range space {
		best, others := column(sorted[:n], i), column(sorted[n:], i)
		if r := from.of(k.Name); len(k.Choices) > 0 {
			p[i] = t.choose(newFrequencies(k, best), newFrequencies(k, others), r)
		} else {
			p[i] = k.value(t.choose(newParzen(k, best), newParzen(k, others), r))
		}
	}
	return p
}

// choose returns the candidate with the largest l/g.
func (t tpe) choose(l, g density, r *rand.Rand) float64 {
	chosen, most := 0.0, math.Inf(-1)
	for range t.candidates {
		x := l.draw(r)
		if ratio := l.log(x) - g.log(x); ratio > most {
			chosen, most = x, ratio
		}
	}
	return chosen
}

// column returns the values of a key.
func column(trials []Trial, key int) []float64 {
	values := make([]float64, len(trials))
	for i, t := range trials {
		values[i] = t.Point[key]
	}
	return values
}

// A density of a key's values, of ranges on their scale.
type density interface {
	draw(*rand.Rand) float64
	log(x float64) float64
}

// frequencies is the density of choices: their counts and one more each.
type frequencies []float64

func newFrequencies(k Key, values []float64) frequencies {
	f := make(frequencies, len(k.Choices))
	for i := range f {
		f[i] = 1 / float64(len(values)+len(f))
	}
	for _, v := range values {
		f[int(v)] += 1 / float64(len(values)+len(f))
	}
	return f
}

func (f frequencies) draw(r *rand.Rand) float64 {
	u := r.Float64()
	for i, p := range f {
		if u -= p; u < 0 {
			return float64(i)
		}
	}
	return float64(len(f) - 1)
}

func (f frequencies) log(x float64) float64 { return math.Log(f[int(x)]) }

// parzen is an equal mixture of normal distributions cut off at the ends of a range: one around each value, as wide as
// the distance to its farther neighbour, and one over the whole range, the prior.
type parzen struct {
	low, high    float64
	means, sigma []float64
}

// finest bounds how narrow a component may be: the range divided by this or, if there are fewer, by their number.
const finest = 100

func newParzen(k Key, values []float64) parzen {
	a, b := k.bounds()
	p := parzen{low: a, high: b}
	for _, v := range values {
		p.means = append(p.means, k.scale(v))
	}
	slices.Sort(p.means)
	narrowest := (b - a) / float64(min(finest, len(values)+2))
	for i, m := range p.means {
		left, right := a, b
		if i > 0 {
			left = p.means[i-1]
		}
		if i+1 < len(p.means) {
			right = p.means[i+1]
		}
		p.sigma = append(p.sigma, min(b-a, max(m-left, right-m, narrowest)))
	}
	p.means, p.sigma = append(p.means, (a+b)/2), append(p.sigma, b-a)
	return p
}

func (p parzen) draw(r *rand.Rand) float64 {
	i := r.IntN(len(p.means))
	for { // means are inside and no component is wider than the range, so that a third of the draws are, too
		if x := p.means[i] + p.sigma[i]*r.NormFloat64(); x >= p.low && x <= p.high {
			return x
		}
	}
}

func (p parzen) log(x float64) float64 {
	sum := 0.0
	for i, m := range p.means {
		s := p.sigma[i]
		z := (x - m) / s
		sum += math.Exp(-z*z/2) / s / (normal((p.high-m)/s) - normal((p.low-m)/s))
	}
	return math.Log(sum / float64(len(p.means)))
}

// normal is the cumulative distribution function of the standard normal distribution.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
