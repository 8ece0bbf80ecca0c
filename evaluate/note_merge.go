package evaluate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// numeral matches the numbers of a note.
var numeral = regexp.MustCompile(`\d+(?:\.\d+)?`)

// severalNotes is how many notes that differ in numbers alone are still printed one by one.
const severalNotes = 2

// MergeNotes makes one note of those that differ in nothing but their numbers, if they are many: each number that
// differs becomes its range, and the number of notes is said. Their order is that of their first ones.
func MergeNotes(notes []string) []string {
	var order []string
	alike := map[string][]string{}
	for _, note := range notes {
		shape := numeral.ReplaceAllString(note, "#")
		if alike[shape] == nil {
			order = append(order, shape)
		}
		if !slices.Contains(alike[shape], note) {
			alike[shape] = append(alike[shape], note)
		}
	}
	var merged []string
	for _, shape := range order {
		if same := alike[shape]; len(same) > severalNotes {
			merged = append(merged, fmt.Sprintf("%s (%d such notes)", ranges(same), len(same)))
		} else {
			merged = append(merged, same...)
		}
	}
	return merged
}

// ranges returns the first of some notes with each number that differs among them replaced by its range.
func ranges(notes []string) string {
	var columns [][]string
	for _, note := range notes {
		for i, n := range numeral.FindAllString(note, -1) {
			if i == len(columns) {
				columns = append(columns, nil)
			}
			columns[i] = append(columns[i], n)
		}
	}
	i := -1
	return numeral.ReplaceAllStringFunc(notes[0], func(string) string {
		i++
		return span(columns[i])
	})
}

// span returns the smallest and the largest of some numbers, "0.3 to 0.6", or the number that all of them are.
func span(numbers []string) string {
	value := func(s string) float64 {
		v, _ := strconv.ParseFloat(s, 64) // the pattern lets only numbers through
		return v
	}
	by := func(a, b string) int {
		switch x, y := value(a), value(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return strings.Compare(a, b)
	}
	low, high := slices.MinFunc(numbers, by), slices.MaxFunc(numbers, by)
	if low == high {
		return low
	}
	return low + " to " + high
}
