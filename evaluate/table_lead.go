package evaluate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// paperTrained is how many samples the paper's networks were trained on, epochs × samples of an epoch (section IV.C),
// for the datasets of its Table I.
var paperTrained = map[string]int{"DRIVE": 150 * 171_000, "STARE": 150 * 225_000, "CHASE_DB1": 150 * 225_000}

// lead says what a table of quality does not show, for the line above it: phantoms, trainings that are far shorter than
// the paper's, and single runs of a network, whose spread is unknown.
func lead(found []rows) []string {
	var lines, phantoms, short, single []string
	add := func(to *[]string, text string) { // once, though each class of a dataset has rows
		if !slices.Contains(*to, text) {
			*to = append(*to, text)
		}
	}
	for _, d := range found {
		first := d[0][0]
		if first.Phantom {
			add(&phantoms, first.Dataset)
		}
		most, trained := 0, 0
		for _, g := range d {
			if g[0].Observer {
				continue
			}
			most = max(most, len(g))
			for _, r := range g {
				if r.Data != nil {
					trained = max(trained, r.Data.Trained)
				}
			}
		}
		if place, ok := first.paperPlace(); ok && trained > 0 {
			if paper := paperTrained[printedDatasets[place].name]; trained < paper/2 {
				add(&short, fmt.Sprintf("%s on at most %s samples, %.2g %% of the paper's %s", first.Dataset,
					thousands(trained), 100*float64(trained)/float64(paper), thousands(paper)))
			}
		}
		if most == 1 {
			add(&single, first.Dataset)
		}
	}
	if len(phantoms) > 0 {
		lines = append(lines, strings.Join(phantoms, ", ")+": drawn phantoms, because the images were not at hand; "+
			"their numbers say nothing about the real ones.")
	}
	if len(short) > 0 {
		lines = append(lines, "Shorter than the paper's training: "+strings.Join(short, "; ")+".")
	}
	if len(single) > 0 {
		lines = append(lines, "One run of each network on "+strings.Join(single, ", ")+": how much another seed "+
			"changes these numbers is not known.")
	}
	return lines
}

// thousands writes a number with commas.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
