package datasets

import (
	"fmt"
	"slices"
	"strings"
)

// LabelFacts is what is known about a label that has been read.
type LabelFacts struct {
	File                   string // below the dataset's folder
	Background, Foreground string // its values, see raster.Label
	Labelled, Total        int    // pixels
	Corners                int    // labelled ones, 0 to 4
	Seen                   uint64 // a bit for each class that occurs
}

// Count fills in the numbers of a label of zeros and ones, or of classes.
func (l *LabelFacts) Count(mask []uint8, width int) {
	labelled := func(v uint8) int {
		if v == 0 || v == NoClass {
			return 0
		}
		return 1
	}
	l.Total, l.Labelled, l.Corners = len(mask), 0, 0
	for _, v := range mask {
		l.Labelled += labelled(v)
		l.Seen |= 1 << v // nothing where v is NoClass
	}
	if n := len(mask); n > 0 && width > 0 {
		l.Corners = labelled(mask[0]) + labelled(mask[width-1]) + labelled(mask[n-width]) + labelled(mask[n-1])
	}
}

const (
	// mostCornered is the largest share of labels, 0..1, that may label three corners of their images or all. Large
	// lesions do.
	mostCornered = 0.2
	// mostLabelled is the largest share of all pixels, 0..1, that labels may cover.
	mostLabelled = 0.6
	// fewestOthers is the number of labels with which single ones are compared.
	fewestOthers = 3
)

// InvertedLabels says that labels look as if they showed what is not meant: labels of lesions, lungs and vessels
// leave the corners of images free. "" where they do not.
func InvertedLabels(labels []LabelFacts) string {
	var cornered []string
	labelled, total := 0, 0
	largest := LabelFacts{}
	for _, l := range labels {
		if l.Labelled == l.Total { // see emptyLabels
			continue
		}
		labelled, total = labelled+l.Labelled, total+l.Total
		if l.Corners >= 3 {
			cornered = append(cornered, l.File)
		}
		if l.Labelled > largest.Labelled {
			largest = l
		}
	}
	switch {
	case len(cornered) > 1 && float64(len(cornered)) > mostCornered*float64(len(labels)):
		return fmt.Sprintf("%d of %d labels look inverted: three corners of the image or all are labelled, such as %s",
			len(cornered), len(labels), slices.Min(cornered))
	case float64(labelled) > mostLabelled*float64(total):
		return fmt.Sprintf("the labels look inverted: %.0f %% of all pixels are labelled, most of them in %s",
			100*float64(labelled)/float64(total), largest.File)
	}
	return ""
}

// OddLabels says which labels look inverted beside the others: they cover corners and most of their images, more than
// twice what any other does. "" where there are none.
func OddLabels(labels []LabelFacts) string {
	share := func(l LabelFacts) float64 { return float64(l.Labelled) / float64(max(1, l.Total)) }
	var covering []LabelFacts
	most, others := 0.0, 0
	for _, l := range labels {
		switch {
		case l.Labelled == 0 || l.Labelled == l.Total: // see emptyLabels
		case l.Corners >= 3 && share(l) > mostLabelled:
			covering = append(covering, l)
		default:
			most, others = max(most, share(l)), others+1
		}
	}
	var odd []string
	least := 1.0
	for _, l := range covering {
		if share(l) > 2*most {
			odd, least = append(odd, l.File), min(least, share(l))
		}
	}
	if len(odd) == 0 || others < fewestOthers {
		return ""
	}
	which := slices.Min(odd) + " looks inverted: "
	if len(odd) > 1 {
		which = fmt.Sprintf("%d of %d labels, such as %s, look inverted: at least ", len(odd), len(labels),
			slices.Min(odd))
	}
	return fmt.Sprintf("%s%.0f %% of the pixels are labelled, corners among them, and at most %.0f %% in any of the "+
		"rest", which, 100*least, 100*most)
}

// emptyLabels says in how many labels nothing, or everything, is labelled; nothing where there is none.
func emptyLabels(labels []LabelFacts) (warnings []string) {
	var nothing, everything []string
	for _, l := range labels {
		switch l.Labelled {
		case 0:
			nothing = append(nothing, l.File)
		case l.Total:
			everything = append(everything, l.File)
		}
	}
	for _, k := range []struct {
		what, all string
		files     []string
	}{{"nothing", "any", nothing}, {"everything", "each", everything}} {
		switch n := len(k.files); {
		case n == 0:
		case n == len(labels):
			warnings = append(warnings, fmt.Sprintf("%s is labelled in %s of the %d labels, such as %s; no network "+
				"can learn from them", k.what, k.all, n, slices.Min(k.files)))
		default:
			warnings = append(warnings, fmt.Sprintf("%s is labelled in %d of %d labels, such as %s",
				k.what, n, len(labels), slices.Min(k.files)))
		}
	}
	return warnings
}

// MixedLabels says which labels write what is labelled, or what is not, with other values than the rest does: 2
// beside 1, or green beside red, may stand for other structures. White and 1 are the same, and so is whatever is
// nearly white or black.
func MixedLabels(labels []LabelFacts) (warnings []string) {
	structures, grounds := map[string][]string{}, map[string][]string{}
	for _, l := range labels {
		if l.Foreground != "" && l.Background != "" {
			structures[l.Foreground] = append(structures[l.Foreground], l.File)
			grounds[l.Background] = append(grounds[l.Background], l.File)
		}
	}
	for _, k := range []struct {
		what   string
		values map[string][]string
	}{{"what is labelled", structures}, {"what is not labelled", grounds}} {
		if len(k.values) > 1 {
			warnings = append(warnings, fmt.Sprintf("labels write %s with several values, which may be several "+
				"structures, and all are read as one: %s", k.what, uses(k.values)))
		}
	}
	var strange []string // the only value of a label is what others write for the opposite
	for _, l := range labels {
		if l.Foreground == "" && structures[l.Background] != nil || l.Background == "" && grounds[l.Foreground] != nil {
			strange = append(strange, l.File)
		}
	}
	if len(strange) > 0 {
		warnings = append(warnings, fmt.Sprintf("the only value of %d labels, such as %s, has the opposite meaning "+
			"in others", len(strange), slices.Min(strange)))
	}
	return warnings
}

// uses lists values, the commonest first, as "white in 12 labels, 2 in 8 (such as masks/a.png)".
func uses(values map[string][]string) string {
	var order []string
	for v := range values {
		order = append(order, v)
	}
	slices.SortFunc(order, func(a, b string) int {
		if n := len(values[b]) - len(values[a]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	const most = 5
	var texts []string
	for _, v := range order[:min(len(order), most)] {
		texts = append(texts, fmt.Sprintf("%s in %d (such as %s)", v, len(values[v]), slices.Min(values[v])))
	}
	if len(order) > most {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

// judgeLabels warns of what the labels of a fold's images show together.
func (ds *Dataset) judgeLabels(ids []string) {
	var labels []LabelFacts
	ds.mu.Lock()
	for _, id := range ids {
		labels = append(labels, ds.labels[id])
	}
	ds.mu.Unlock()
	for _, text := range ds.config.Classes.unseen(labels) {
		ds.warn("%s", text)
	}
	for _, text := range slices.Concat(emptyLabels(labels), MixedLabels(labels)) {
		ds.warn("%s", text)
	}
	if len(ds.config.Classes) > 0 {
		return
	}
	if text := InvertedLabels(labels); text != "" && ds.description.folder == nil {
		ds.warn("%s", text)
		return
	}
	if text := OddLabels(labels); text != "" {
		ds.warn("%s", text)
	}
}
