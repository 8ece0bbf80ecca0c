package search

import (
	"math"
	"math/rand/v2"
	"strconv"
)

// Key is a key that is searched: either a range of numbers or a list of choices.
type Key struct {
	Name    string   `json:"key"`
	Low     float64  `json:"low,omitempty"`
	High    float64  `json:"high,omitempty"`
	Log     bool     `json:"log,omitempty"`     // the logarithm is drawn uniformly; Low is above 0
	Whole   bool     `json:"whole,omitempty"`   // whole numbers alone
	Choices []string `json:"choices,omitempty"` // canonical texts; empty for a range
}

// Space is the keys that are searched.
type Space []Key

// Point is a value for each key of a space: a number of a range, or the index of a choice.
type Point []float64

// Text returns the value of a key in canonical form.
func (k Key) Text(v float64) string {
	if len(k.Choices) > 0 {
		return k.Choices[int(v)]
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Size returns the number of points of the space; +Inf if a key has a range of real numbers. Whole numbers of a
// logarithmic range count in full.
func (s Space) Size() float64 {
	n := 1.0
	for _, k := range s {
		switch {
		case len(k.Choices) > 0:
			n *= float64(len(k.Choices))
		case k.Whole:
			n *= k.High - k.Low + 1
		default:
			return math.Inf(1)
		}
	}
	return n
}

// bounds returns the ends of a range on the scale on which it is drawn. Whole numbers reach half a unit beyond them, so
// that rounding gives the first and the last their share.
func (k Key) bounds() (a, b float64) {
	a, b = k.Low, k.High
	if k.Whole {
		a, b = a-0.5, b+0.5
	}
	return k.scale(a), k.scale(b)
}

// scale transforms a number of a range to the scale on which it is drawn.
func (k Key) scale(v float64) float64 {
	if k.Log {
		return math.Log(v)
	}
	return v
}

// digits is the number of significant digits of drawn numbers: names of runs and tables show all of them.
const digits = 3

// value undoes scale, and rounds to a whole number or to a few digits.
func (k Key) value(u float64) float64 {
	if k.Log {
		u = math.Exp(u)
	}
	if k.Whole {
		u = math.Round(u)
	} else if v, err := strconv.ParseFloat(strconv.FormatFloat(u, 'g', digits, 64), 64); err == nil {
		u = v
	}
	return min(k.High, max(k.Low, u))
}

// Source gives the random numbers of a trial: for each key a stream that is a function of the search's seed, the trial,
// the attempt to find a new point, and the key's name.
type Source struct {
	seed           uint64
	trial, attempt int
}

func (s Source) of(key string) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	a := mix(s.seed ^ mix(h))
	return rand.New(rand.NewPCG(a, mix(a^mix(uint64(s.trial)<<32^uint64(s.attempt)))))
}

// mix is the finalizer of SplitMix64, which spreads neighbouring numbers over all of 2⁶⁴.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
