// Package measures holds what a segmentation is judged by, one file a measure: its formula, name, unit and direction. A
// registered measure is computed for every run, and appears in run.json, tables, CSV, report and board without another
// edit; docs/measures.md adds one.
//
// A measure is taken inside the field of view and over all pixels, of each image and of the test set as a whole. What
// is undefined (0/0) is NaN.
package measures

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/evaluate/rank"
	"r2unet/evaluate/shape"
)

// A Measure of a segmentation. It has exactly one of the formulas Counts, Ranking, Pixel and Masks.
type Measure struct {
	// ID names the measure in the setting "measures" and, with its unit, in run.json and CSV. It must not change once
	// runs have it.
	ID string
	// Name in headings, e.g. "SE".
	Name string
	// Unit of the value, e.g. "px"; "" where it has none.
	Unit string
	// Decimals that tables show; 0 means 4.
	Decimals int
	// LowerIsBetter is true of errors and distances.
	LowerIsBetter bool
	// TwoClasses says that the measure means nothing where the truth of all test images has one class: a network that
	// calls everything foreground, or nothing, would have a perfect score.
	TwoClasses bool
	// OnRequest measures are taken only where the setting "measures" names them, because they take time.
	OnRequest bool
	// RecordOnly measures have no column of their own: tables that name them show them, and run.json has them always.
	RecordOnly bool

	// Counts is the measure of a confusion matrix. Over a test set it is that of all its pixels in one matrix.
	Counts func(Counts) float64
	// Ranking is the measure of the order of probabilities. Over a test set it is that of all its pixels in one order.
	Ranking func(*rank.Area) float64
	// Pixel is a loss of one pixel, from its probability and its truth, 0 or 1. The measure is its mean over pixels.
	Pixel func(probability, truth float64) float64
	// Masks is the measure of an image, from its predicted and its true foreground; what lies outside of the field of
	// view is background. It has no value for pixels of several images, so tables show its mean over images.
	Masks func(prediction, truth *shape.Mask) float64

	key   string
	place int // in Scores
}

// Key is the measure's name in run.json and CSV: its ID with its unit.
func (m *Measure) Key() string { return m.key }

// Heading is the measure's name with its unit.
func (m *Measure) Heading() string {
	if m.Unit == "" {
		return m.Name
	}
	return m.Name + " (" + m.Unit + ")"
}

// ShownDecimals is the number of decimals that tables show.
func (m *Measure) ShownDecimals() int {
	if m.Decimals == 0 {
		return 4
	}
	return m.Decimals
}

// registered are all measures, ordered by name.
var registered []*Measure

// Register adds a measure. It is called where a package's variables are set, and panics where the ID is taken or the
// measure has not exactly one formula.
func Register(m Measure) *Measure {
	formulas := 0
	for _, there := range []bool{m.Counts != nil, m.Ranking != nil, m.Pixel != nil, m.Masks != nil} {
		if there {
			formulas++
		}
	}
	m.key, m.place = m.ID, len(registered)
	if m.Unit != "" {
		m.key += "_" + m.Unit
	}
	switch {
	case m.ID == "" || m.Name == "":
		panic(fmt.Sprintf("measure %q, named %q: it needs an ID and a name", m.ID, m.Name))
	case formulas != 1:
		panic(fmt.Sprintf("measure %s has %d formulas, expected one of Counts, Ranking, Pixel and Masks", m.ID, formulas))
	case slices.ContainsFunc(registered, func(o *Measure) bool { return o.key == m.key || o.ID == m.ID }):
		panic(fmt.Sprintf("measure %s is registered twice", m.ID))
	case slices.Contains([]string{"tp", "tn", "fp", "fn"}, m.key):
		panic(fmt.Sprintf("measure %s has the name of a count in run.json", m.ID))
	}
	byName := func(o *Measure, name string) int { return strings.Compare(o.Name, name) }
	at, _ := slices.BinarySearchFunc(registered, m.Name, byName)
	registered = slices.Insert(registered, at, &m)
	return &m
}

// All lists the measures, ordered by name. It must not be changed.
func All() []*Measure { return registered }
