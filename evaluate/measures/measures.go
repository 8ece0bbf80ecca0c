// Package measures holds the measures of segmentation quality, one file per measure: formula, name, unit and
// direction. A registered measure is computed for every run and appears in run.json, tables, CSV, report and
// board without further edits; docs/measures.md shows how to add one.
//
// Every measure is computed inside the field of view and over all pixels, for each image and for the test set
// as a whole. Undefined values (0/0) are NaN.
package measures

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"r2unet/evaluate/rank"
	"r2unet/evaluate/shape"
)

// A Measure of segmentation quality. Exactly one of the formulas Counts, Ranking, Pixel, Bins and Masks is set.
type Measure struct {
	// ID names the measure in the setting "measures" and, with its unit, in run.json and CSV: lower-case letters,
	// digits and _. It must not change once runs have been recorded with it.
	ID string
	// Name in headings, e.g. "SE".
	Name string
	// Unit of the value, e.g. "px"; "" if it has none.
	Unit string
	// Decimals that tables show; 0 means 4.
	Decimals int
	// LowerIsBetter is true for errors and distances.
	LowerIsBetter bool
	// TwoClasses marks measures that are meaningless if the truth of all test images has only one class: a
	// network that predicts only that class would have a perfect score.
	TwoClasses bool
	// OnRequest measures are slow, so they are computed only if the setting "measures" names them.
	OnRequest bool
	// RecordOnly measures get no column of their own: they are always in run.json, and in tables that name
	// them.
	RecordOnly bool

	// Counts computes the measure from a confusion matrix; for a test set, from the matrix of all its pixels.
	Counts func(Counts) float64
	// Ranking computes the measure from the order of probabilities; for a test set, from the order of all its
	// pixels.
	Ranking func(*rank.Area) float64
	// Pixel computes a loss of one pixel from its probability and its truth, 0 or 1. The measure is the mean
	// over pixels.
	Pixel func(probability, truth float64) float64
	// Bins computes the measure from the pixels divided by their probabilities. Over a test set it is that of
	// all its pixels.
	Bins func(*Bins) float64
	// Masks computes the measure of an image from its predicted and its true foreground; pixels outside the
	// field of view are background. It is not defined for pixels of several images, so tables show its mean
	// over images.
	Masks func(prediction, truth *shape.Mask) float64

	key   string
	place int // in Scores
}

// Key returns the measure's name in run.json and CSV: its ID with its unit.
func (m *Measure) Key() string { return m.key }

// Heading returns the measure's name with its unit.
func (m *Measure) Heading() string {
	if m.Unit == "" {
		return m.Name
	}
	return m.Name + " (" + m.Unit + ")"
}

// ShownDecimals returns the number of decimals that tables show.
func (m *Measure) ShownDecimals() int {
	if m.Decimals == 0 {
		return 4
	}
	return m.Decimals
}

// registered holds all measures, ordered by name.
var registered []*Measure

// byKey finds a measure by its key in JSON.
var byKey = map[string]*Measure{}

var measureID = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func notInKey(c rune) bool {
	return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(`,;"`, c)
}

// Register adds a measure. It is called during package initialization, and panics if the ID or the name is
// taken or cannot be one, or the measure does not have exactly one formula.
func Register(m Measure) *Measure {
	formulas := 0
	for _, there := range []bool{m.Counts != nil, m.Ranking != nil, m.Pixel != nil, m.Bins != nil, m.Masks != nil} {
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
	case !measureID.MatchString(m.ID) || strings.ContainsFunc(m.Unit, notInKey):
		panic(fmt.Sprintf("measure %q, with unit %q: an ID has lower-case letters, digits and _, and a unit no space, "+
			"comma or quote, as both are the key in run.json and CSV", m.ID, m.Unit))
	case strings.ContainsFunc(m.Name, unicode.IsControl):
		panic(fmt.Sprintf("measure %s, named %q: a name is one line of a heading", m.ID, m.Name))
	case formulas != 1:
		panic(fmt.Sprintf("measure %s has %d formulas, expected one of Counts, Ranking, Pixel, Bins and Masks",
			m.ID, formulas))
	case slices.ContainsFunc(registered, func(o *Measure) bool { return o.key == m.key || o.ID == m.ID }):
		panic(fmt.Sprintf("measure %s is registered twice", m.ID))
	case slices.ContainsFunc(registered, func(o *Measure) bool { return o.Name == m.Name }):
		panic(fmt.Sprintf("measure %s, named %q: another measure has this name in tables", m.ID, m.Name))
	case slices.Contains([]string{"tp", "tn", "fp", "fn"}, m.key):
		panic(fmt.Sprintf("measure %s has the name of a count in run.json", m.ID))
	}
	byName := func(o *Measure, name string) int { return strings.Compare(o.Name, name) }
	at, _ := slices.BinarySearchFunc(registered, m.Name, byName)
	registered = slices.Insert(registered, at, &m)
	byKey[m.key] = &m
	return &m
}

// All returns the measures, ordered by name. The slice must not be modified.
func All() []*Measure { return registered }
