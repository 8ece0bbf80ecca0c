package training

import (
	"fmt"
	"math"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/internal/model"
)

// cut is the probability from which on a pixel of a validation sample counts as foreground.
const cut = 0.5

// tally measures the pixels of validation samples. Of several classes, a pixel has the most probable one, and
// foreground is every class but 0: a pixel of a wrong foreground class is a false positive and a false negative. The
// measure that selects an epoch is that of tables, the mean over the foreground classes, each against the rest: pooled
// counts hide a class that is never found behind a larger one.
type tally struct {
	counts   measures.Counts
	each     []measures.Counts // of several classes, each against the rest
	selected *measures.Measure // nil if there is none

	// One of these, from the first sample on, if counts are not enough for the measure.
	collector *evaluate.Collector
	classes   *evaluate.ClassCollector
	samples   int // in it
}

// newTally returns an empty tally for a measure, which may be nil. It must be closed.
func newTally(selected *measures.Measure) *tally {
	return &tally{selected: selected}
}

// start makes what counts the pixels of so many maps of probabilities.
func (t *tally) start(maps int) {
	if maps > 1 && t.each == nil {
		t.each = make([]measures.Counts, maps)
	}
	if t.selected == nil || t.selected.Counts != nil || t.collector != nil || t.classes != nil {
		return
	}
	options := evaluate.Options{Threshold: cut, Extra: []*measures.Measure{t.selected}}
	if maps > 1 {
		names := make([]string, maps)
		for k := range names {
			names[k] = fmt.Sprint(k)
		}
		t.classes = evaluate.NewClassCollector(names, options)
	} else {
		t.collector = evaluate.NewCollector(options)
	}
}

// close removes temporary files.
func (t *tally) close() error {
	switch {
	case t.collector != nil:
		return t.collector.Close()
	case t.classes != nil:
		return t.classes.Close()
	}
	return nil
}

// measure returns the value of the measure over all pixels, or, if that is not defined for several images, its mean
// over samples; nil if there is none or it is undefined.
func (t *tally) measure() (*float64, error) {
	var all evaluate.Measures
	var err error
	switch {
	case t.selected == nil:
		return nil, nil
	case t.collector != nil:
		all, err = t.collector.Measures()
	case t.classes != nil:
		all, _, err = t.classes.Measures()
	case t.each != nil:
		return defined(t.meanOfClasses()), nil
	case t.selected.Counts != nil:
		return defined(t.selected.Counts(t.counts)), nil
	default: // no sample
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if t.selected.Masks != nil {
		return defined(all.Inside.PerImage.Of(t.selected)), nil
	}
	return defined(all.Inside.Micro.Of(t.selected)), nil
}

// meanOfClasses is the mean of the measure over the foreground classes that define it, NaN if none does.
func (t *tally) meanOfClasses() float64 {
	sum, n := 0.0, 0
	for _, c := range t.each[1:] {
		if v := t.selected.Counts(c); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

// add counts the pixels of a batch with its probabilities [N, K, H, W]. Pixels with a negative target are ignored.
func (t *tally) add(b model.Batch, probabilities []float32) error {
	area := b.H * b.W
	classes := len(probabilities) / max(1, b.N*area)
	if classes < 1 || len(probabilities) != b.N*classes*area || len(b.Targets) != b.N*area {
		return fmt.Errorf("%d probabilities and %d targets of %d samples of %d×%d px",
			len(probabilities), len(b.Targets), b.N, b.W, b.H)
	}
	t.start(classes)
	for n := range b.N {
		planes := probabilities[n*classes*area:][:classes*area]
		for i, target := range b.Targets[n*area:][:area] {
			if target >= 0 {
				t.count(int(target), predicted(planes[i:], classes, area))
			}
		}
		if t.collector != nil || t.classes != nil {
			if err := t.collect(b, b.Targets[n*area:][:area], planes); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect gives a sample to the collector: its targets [H, W] and probabilities [K, H, W].
func (t *tally) collect(b model.Batch, targets, planes []float32) error {
	t.samples++
	area := len(targets)
	id := fmt.Sprintf("sample %09d", t.samples)
	truth, fov := make([]uint8, area), make([]uint8, area)
	for i, target := range targets {
		if target >= 0 {
			truth[i], fov[i] = uint8(target), 1
		}
	}
	if t.classes != nil {
		return t.classes.Add(evaluate.ClassImage{
			ID: id, Width: b.W, Height: b.H, Probabilities: planes, Truth: truth, FOV: fov,
		})
	}
	return t.collector.Add(evaluate.Image{
		ID: id, Width: b.W, Height: b.H, Probabilities: planes, Truth: truth, FOV: fov,
	})
}

// predicted returns the class of a pixel from its probabilities, which are area values apart.
func predicted(planes []float32, classes, area int) int {
	if classes == 1 {
		if planes[0] >= cut {
			return 1
		}
		return 0
	}
	best := 0
	for k := range classes {
		if planes[k*area] > planes[best*area] {
			best = k
		}
	}
	return best
}

// count counts a pixel.
func (t *tally) count(truth, prediction int) {
	for k := range t.each {
		switch e := &t.each[k]; {
		case truth == k && prediction == k:
			e.TP++
		case truth == k:
			e.FN++
		case prediction == k:
			e.FP++
		default:
			e.TN++
		}
	}
	c := &t.counts
	switch {
	case truth == prediction && truth > 0:
		c.TP++
	case truth == prediction:
		c.TN++
	default:
		if truth > 0 {
			c.FN++
		}
		if prediction > 0 {
			c.FP++
		}
	}
}

// Blank says that in the last two epochs all validation pixels were predicted alike although their truth has both
// kinds: "background" or "foreground"; else it is "".
func (h History) Blank() string {
	if len(h) < 2 {
		return ""
	}
	kind := h[len(h)-1].blank()
	if kind != h[len(h)-2].blank() {
		return ""
	}
	return kind
}

func (e Epoch) blank() string {
	c := e.Counts
	switch {
	case c == nil || c.TP+c.FN == 0 || c.TN+c.FP == 0:
		return ""
	case c.TP+c.FP == 0:
		return "background"
	case c.TN+c.FN == 0:
		return "foreground"
	}
	return ""
}
