package setting

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Parameter is a parameter that a name has: a number in a range, one of some words, or either; or a list of numbers.
type Parameter struct {
	Key      string
	Default  string // canonical; a parameter without default must be given
	Words    []string
	Numbers  bool // whether a number from Min to Max is allowed
	Min, Max float64
	Whole    bool
	List     bool // several numbers, each above the one before: 30/60/90
}

// Number is a parameter with a number from lowest to highest.
func Number(key string, byDefault, lowest, highest float64) Parameter {
	return Parameter{Key: key, Default: format(byDefault), Numbers: true, Min: lowest, Max: highest}
}

// Whole is a parameter with a whole number from lowest to highest.
func Whole(key string, byDefault, lowest, highest int) Parameter {
	p := Number(key, float64(byDefault), float64(lowest), float64(highest))
	p.Whole = true
	return p
}

// Wholes is a parameter, which must be given, with whole numbers from lowest to highest, each above the one before.
func Wholes(key string, lowest, highest int) Parameter {
	p := Whole(key, 0, lowest, highest).Required()
	p.List = true
	return p
}

// Word is a parameter with one of some words, of which the first is the default.
func Word(key string, words ...string) Parameter {
	return Parameter{Key: key, Default: words[0], Words: words}
}

// Or returns the parameter with words that are allowed besides numbers.
func (p Parameter) Or(words ...string) Parameter {
	p.Words = append(slices.Clone(p.Words), words...)
	return p
}

// Required returns the parameter without a default.
func (p Parameter) Required() Parameter {
	p.Default = ""
	return p
}

func (p Parameter) check(value string) error {
	if slices.Contains(p.Words, value) {
		return nil
	}
	parts := []string{value}
	if p.List {
		parts = strings.Split(value, separator)
	}
	before := math.Inf(-1)
	for _, part := range parts {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil || !p.Numbers || !(v >= p.Min && v <= p.Max) || p.Whole && v != float64(int64(v)) || v <= before {
			return fmt.Errorf("%s=%s: expected %s", p.Key, value, p.Expected())
		}
		before = v
	}
	return nil
}

// separator stands between the numbers of a list; commas separate parameters.
const separator = "/"

// Expected names the values that there are, such as "a whole number from 1 to 10 or batch".
func (p Parameter) Expected() string {
	words := slices.Clone(p.Words)
	if p.Numbers {
		kind, bound := "a number", format
		if p.Whole {
			kind, bound = "a whole number", func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
		}
		if p.List {
			kind = "rising whole numbers separated by " + separator + ", each"
		}
		words = append([]string{fmt.Sprintf("%s from %s to %s", kind, bound(p.Min), bound(p.Max))}, words...)
	}
	return strings.Join(words, " or ")
}
