package evaluate

import (
	"fmt"
	"math"
	"strings"

	"r2unet/evaluate/measures"
)

// note returns what a reader of the group's row must know.
func (g group) note() string {
	phantom := ""
	if g[0].Phantom {
		phantom = "phantom"
	}
	notes := MergeNotes(g.distinct(func(r *Result) string { return r.Note }))
	return sentences(append([]string{phantom}, notes...)...)
}

// imagesRead returns how many images each of the group's runs has: "20 images", or "18–20 images" if folds
// differ.
func (g group) imagesRead(r reading) string {
	var counts []int
	for _, result := range g {
		counts = append(counts, len(r.scope(&result.Measures).Images))
	}
	if text := between(counts); text != "1" {
		return text + " images"
	}
	return "1 image"
}

// leftOut describes the columns of a row whose means exclude images or runs because the measure is undefined
// there.
func (g group) leftOut(r reading, columns []qualityColumn) []string {
	var parts []string
	for _, c := range columns {
		if c.perImage || r.name == readings[1].name {
			images, undefined := 0, 0
			for _, result := range g {
				scope := r.scope(&result.Measures)
				images += len(scope.Images)
				undefined += scope.Undefined[c.measure.Key()]
			}
			if undefined > 0 {
				parts = append(parts,
					fmt.Sprintf("mean over %d of %d images: %s undefined in %d", images-undefined, images, c.Name,
						undefined))
			}
		}
		undefined := 0
		for _, result := range g {
			if math.IsNaN(c.ours(&result.Measures, r)) {
				undefined++
			}
		}
		if undefined > 0 && undefined < len(g) {
			parts = append(parts,
				fmt.Sprintf("mean over %d of %d runs: %s undefined in %d", len(g)-undefined, len(g), c.Name, undefined))
		}
	}
	return parts
}

// dataNotes returns, for every dataset, caveats of its rows, the data they are from, and which rows must not
// be compared. They are printed below the table, so that they appear even on a terminal too narrow for the
// columns.
func dataNotes(datasets []rows) []string {
	var notes []string
	for _, d := range datasets {
		label := d[0][0].DatasetLabel()
		said := map[string]bool{}
		say := func(text string) {
			if text != "" && !said[text] {
				said[text] = true
				notes = append(notes, label+": "+text)
			}
		}
		for _, text := range d.data() {
			say(text)
		}
		var ofRuns []string
		for _, g := range d {
			ofRuns = append(ofRuns, g.distinct(func(r *Result) string { return r.Note })...)
		}
		for _, note := range MergeNotes(ofRuns) {
			say(note)
		}
		for _, g := range d {
			for _, r := range g {
				say(r.Measures.oneClass())
			}
		}
		if files := d.byFiles(); len(files) > 1 {
			var sets []string
			names := d.names()
			for _, same := range files {
				var networks []string
				for _, g := range same {
					networks = append(networks, names[g[0].RowKey()])
				}
				sets = append(sets, strings.Join(networks, ", "))
			}
			say("the rows are of different files and must not be compared: " + strings.Join(sets, "; on other files "))
		}
		for _, g := range d {
			if mark := d.mark(g); strings.Contains(mark, "kernels") {
				say(d.names()[g[0].RowKey()] + ": " + mark)
			}
		}
	}
	return notes
}

// says reports whether a measure is meaningful on the measured images.
func (m *Measures) says(of *measures.Measure) bool { return !of.TwoClasses || m.oneClass() == "" }

// Shown returns a measure over the pixels inside the field of view as tables show it: NaN if it is undefined
// or the truth of all measured images has only one class.
func (m *Measures) Shown(of *measures.Measure) float64 {
	if !m.says(of) {
		return math.NaN()
	}
	return m.Inside.Micro.Of(of)
}

// oneClass explains what is undefined if the truth of all measured images has only one class; "" if it has
// two or nothing was measured.
func (m *Measures) oneClass() string {
	switch c := m.Inside.Micro.Counts; {
	case c.Total() == 0:
		return ""
	case c.TP+c.FN == 0:
		return "the labels of the measured images are empty: F1, AUC and what follows from them are undefined"
	case c.TN+c.FP == 0:
		return "in the labels of the measured images everything is foreground: F1, AUC and what follows from them " +
			"are undefined"
	}
	return ""
}
