package evaluate

import (
	"fmt"
	"math"
	"strings"

	"r2unet/evaluate/measures"
)

// note is what a reader of the group's row must know.
func (g group) note() string {
	phantom := ""
	if g[0].Phantom {
		phantom = "phantom"
	}
	return sentences(append([]string{phantom}, g.distinct(func(r *Result) string { return r.Note })...)...)
}

// imagesRead says how many images each of the group's runs has: "20 images", or "18–20 images" where folds differ.
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

// leftOut says which columns of a row are means that leave images or runs out, because these do not define the measure.
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
				parts = append(parts, fmt.Sprintf("mean over %d of %d images: %s undefined in %d", images-undefined, images, c.Name, undefined))
			}
		}
		undefined := 0
		for _, result := range g {
			if math.IsNaN(c.ours(&result.Measures, r)) {
				undefined++
			}
		}
		if undefined > 0 && undefined < len(g) {
			parts = append(parts, fmt.Sprintf("mean over %d of %d runs: %s undefined in %d", len(g)-undefined, len(g), c.Name, undefined))
		}
	}
	return parts
}

// dataNotes say for every dataset what makes its rows doubtful, which data they are of, and which of them must not be compared.
// They stand below the table, so that a terminal that is too narrow for the columns of the same names says it too.
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
		for _, g := range d {
			for _, note := range g.distinct(func(r *Result) string { return r.Note }) {
				say(note)
			}
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

// says reports whether a measure means anything on the measured images.
func (m *Measures) says(of *measures.Measure) bool { return !of.TwoClasses || m.oneClass() == "" }

// Shown is a measure over the pixels inside the field of view as tables show it: NaN where it is undefined, and where the truth
// of all measured images has one class only.
func (m *Measures) Shown(of *measures.Measure) float64 {
	if !m.says(of) {
		return math.NaN()
	}
	return m.Inside.Micro.Of(of)
}

// oneClass says what is wrong with measured images whose truth has one class only; "" where it has two or nothing was measured.
func (m *Measures) oneClass() string {
	switch c := m.Inside.Micro.Counts; {
	case c.Total() == 0:
		return ""
	case c.TP+c.FN == 0:
		return "the labels of the measured images are empty: F1, AUC and what follows from them are undefined"
	case c.TN+c.FP == 0:
		return "in the labels of the measured images everything is foreground: F1, AUC and what follows from them are undefined"
	}
	return ""
}
