package audit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// An interval contains every value that rounds to a printed number.
type interval struct{ low, high float64 }

// everything is the interval of all shares.
var everything = interval{0, 1}

func (i interval) empty() bool             { return i.low > i.high }
func (i interval) contains(v float64) bool { return i.low <= v && v <= i.high }
func (i interval) mid() float64            { return (i.low + i.high) / 2 }
func (i interval) intersect(j interval) interval {
	return interval{max(i.low, j.low), min(i.high, j.high)}
}

// hull returns the smallest interval that contains both.
func (i interval) hull(j interval) interval {
	if i.empty() {
		return j
	}
	if j.empty() {
		return i
	}
	return interval{min(i.low, j.low), max(i.high, j.high)}
}

// widen adds a margin for float64 rounding errors, far smaller than a printed digit.
func (i interval) widen() interval {
	const slack = 1e-12
	return interval{i.low - slack, i.high + slack}
}

// gap returns the distance between two intervals, 0 if they intersect.
func (i interval) gap(j interval) float64 {
	return max(0, i.low-j.high, j.low-i.high)
}

func (i interval) String() string { return fmt.Sprintf("%.4f to %.4f", i.low, i.high) }

// A figure is a printed number with the interval that its digits stand for.
type figure struct {
	text  string
	value float64
	unit  float64 // one unit in the last printed place
}

// present reports whether a number is printed.
func (f figure) present() bool { return f.text != "" }

// interval returns where the exact value lies if it was rounded to nearest.
func (f figure) interval() interval {
	return interval{f.value - f.unit/2, f.value + f.unit/2}.widen().intersect(everything)
}

// parseFigure reads a printed number: "0.9531", "95.31%", "0.95 ± 0.01", or a dash or nothing for a missing
// one.
func parseFigure(text string, percent bool) (figure, error) {
	plain, _, _ := strings.Cut(text, "±")
	plain, _, _ = strings.Cut(plain, "+-")
	plain = strings.TrimSpace(plain)
	switch strings.ToLower(plain) {
	case "", "-", "–", "—", "n/a", "na":
		return figure{}, nil
	}
	digits, isPercent := strings.CutSuffix(plain, "%")
	digits = strings.TrimSpace(digits)
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return figure{}, fmt.Errorf("%.40q is not a number; leave the cell empty or write - where nothing is printed",
			text)
	}
	_, decimals, _ := strings.Cut(digits, ".")
	f := figure{text: plain, value: value, unit: math.Pow10(-len(decimals))}
	if isPercent || percent {
		f.value, f.unit = f.value/100, f.unit/100
	}
	if f.value < 0 || f.value > 1 {
		return figure{}, fmt.Errorf("%.40s is outside 0 to 1 (or 0%% to 100%%)", text)
	}
	return f, nil
}

// oneDigit reports whether two printed numbers differ in a single character.
func oneDigit(a, b figure) bool {
	if len(a.text) != len(b.text) {
		return false
	}
	differing := 0
	for i := range len(a.text) {
		if a.text[i] != b.text[i] {
			differing++
		}
	}
	return differing == 1
}
