package audit

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// A quantity is a measure that a column may hold under another name.
type quantity struct {
	name string
	of   func(row) (figure, bool)
}

// quantities are compared with every column.
var quantities = []quantity{
	{"ac", measured("ac")},
	{"se", measured("se")},
	{"sp", measured("sp")},
	{"f1", measured("f1")},
	{"balanced accuracy (SE+SP)/2", func(r row) (figure, bool) {
		f, ok := r.get("se", "sp")
		if !ok {
			return figure{}, false
		}
		v, unit := (f[0].value+f[1].value)/2, max(f[0].unit, f[1].unit)
		return figure{fmt.Sprintf("%.*f", decimals(unit)+1, v), v, unit}, true
	}},
}

func decimals(unit float64) int { return int(math.Round(-math.Log10(unit))) }

func measured(name string) func(row) (figure, bool) {
	return func(r row) (figure, bool) {
		f := r.figures[name]
		return f, f.present()
	}
}

// identities finds columns that hold a different measure than their name says: the two agree to three units
// in the last place in at least four fifths of three or more rows.
func identities(s *sheet) []Finding {
	var findings []Finding
	for _, measure := range slices.Sorted(maps.Keys(s.columns)) {
		for _, q := range quantities {
			if measure == q.name || sameByDefinition(measure, q.name) {
				continue
			}
			if f, ok := identity(s, measure, q); ok {
				findings = append(findings, f)
			}
		}
	}
	return findings
}

// sameByDefinition reports whether two measures are equal by definition, or the pair is already compared in
// the other order.
func sameByDefinition(a, b string) bool {
	return a == "dc" && b == "f1" || slices.Contains([]string{"se", "sp", "ac", "f1"}, b) &&
		slices.Contains([]string{"se", "sp", "ac"}, a)
}

func identity(s *sheet, measure string, q quantity) (Finding, bool) {
	const near = 3 // units in the last place
	var pairs, equal int
	var largest, unit float64
	var rows, odd []string
	for _, r := range s.rows {
		f, ok := r.get(measure)
		if !ok || r.cited {
			continue
		}
		other, ok := q.of(r)
		if !ok {
			continue
		}
		pairs++
		unit = max(f[0].unit, other.unit)
		difference := math.Abs(f[0].value - other.value)
		line := fmt.Sprintf("%s: %s against %s", r.label, f[0].text, other.text)
		if difference > (near+0.5)*unit {
			if oneDigit(f[0], other) {
				line += ", one digit differs"
			}
			odd = append(odd, line)
			continue
		}
		equal++
		largest = max(largest, difference)
		rows = append(rows, line)
	}
	if pairs < 3 || equal*5 < pairs*4 {
		return Finding{}, false
	}
	text := fmt.Sprintf("column %s equals %s to %.*f in %d of %d rows", s.columns[measure], q.name, decimals(unit),
		roundUp(largest, unit), equal, pairs)
	if measure == "js" && q.name == "ac" {
		text += ": it is pixel accuracy; the Jaccard index would be F1/(2−F1)"
	}
	if measure == "auc" && strings.HasPrefix(q.name, "balanced") {
		text += ": it is the area under the curve of thresholded maps, not of probabilities"
	}
	return Finding{
		Table: s.name, Check: "identity", Verdict: Mislabeled, Reading: AnyReading, Text: text,
		Rows: append(rows, odd...),
	}, true
}

// roundUp returns the smallest multiple of unit that is at least v, and at least one unit.
func roundUp(v, unit float64) float64 {
	return max(1, math.Ceil(v/unit-1e-6)) * unit
}

// permutedColumns finds two columns with the same values in a different order: the same measurements assigned
// to different rows.
func permutedColumns(s *sheet) []Finding {
	var findings []Finding
	for i, a := range s.other {
		for _, b := range s.other[i+1:] {
			var rows []string
			var left, right []float64
			numbers := 0
			for _, r := range s.source.Rows {
				x, y := r.Value(a), r.Value(b)
				if math.IsNaN(x) || math.IsNaN(y) {
					continue
				}
				numbers++
				if roundsTo(r.Text(a), r.Text(b)) {
					continue
				}
				left, right = append(left, x), append(right, y)
				rows = append(rows, fmt.Sprintf("%s: %s against %s", r.Text(s.source.Columns[0]), r.Text(a), r.Text(b)))
			}
			slices.Sort(left)
			slices.Sort(right)
			if len(left) >= 2 && slices.Equal(left, right) {
				findings = append(findings, Finding{
					Table: s.name, Check: "order", Verdict: Impossible,
					Text: fmt.Sprintf("columns %s and %s give the same %d values to different rows, and agree in "+
						"the other %d", a, b, len(left), numbers-len(left)),
					Rows: rows,
				})
			}
		}
	}
	return findings
}

// roundsTo reports whether two printed numbers may stand for the same value.
func roundsTo(a, b string) bool {
	unit := func(s string) float64 {
		_, decimals, _ := strings.Cut(s, ".")
		return math.Pow10(-len(decimals))
	}
	var x, y float64
	if _, err := fmt.Sscan(a, &x); err != nil {
		return false
	}
	if _, err := fmt.Sscan(b, &y); err != nil {
		return false
	}
	return math.Abs(x-y) <= (unit(a)+unit(b))/2+1e-9
}
