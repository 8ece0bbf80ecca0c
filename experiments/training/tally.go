package training

import (
	"fmt"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/internal/model"
)

// cut is the probability from which on a pixel of a validation sample counts as foreground.
const cut = 0.5

// tally measures the pixels of validation samples. Of several classes, a pixel has the most probable one, and
// foreground is every class but 0: a pixel of a wrong foreground class is a false positive and a false negative. For
// measures of probabilities and of masks, the probability of foreground is 1 − that of class 0.
type tally struct {
	counts    measures.Counts
	selected  *measures.Measure   // nil if there is none
	collector *evaluate.Collector // nil if the counts are enough for it
	samples   int                 // in collector
}

// newTally returns an empty tally for a measure, which may be nil. It must be closed.
func newTally(selected *measures.Measure) *tally {
	t := &tally{selected: selected}
	if selected != nil && selected.Counts == nil {
		t.collector = evaluate.NewCollector(evaluate.Options{Threshold: cut, Extra: []*measures.Measure{selected}})
	}
	return t
}

// close removes temporary files.
func (t *tally) close() error {
	if t.collector == nil {
		return nil
	}
	return t.collector.Close()
}

// measure returns the value of the measure over all pixels, or, if that is not defined for several images, its mean
// over samples; nil if there is none or it is undefined.
func (t *tally) measure() (*float64, error) {
	switch {
	case t.selected == nil:
		return nil, nil
	case t.collector == nil:
		return defined(t.selected.Counts(t.counts)), nil
	}
	all, err := t.collector.Measures()
	if err != nil {
		return nil, err
	}
	if t.selected.Masks != nil {
		return defined(all.Inside.PerImage.Of(t.selected)), nil
	}
	return defined(all.Inside.Micro.Of(t.selected)), nil
}

// add counts the pixels of a batch with its probabilities [N, K, H, W]. Pixels with a negative target are ignored.
func (t *tally) add(b model.Batch, probabilities []float32) error {
	area := b.H * b.W
	classes := len(probabilities) / max(1, b.N*area)
	if classes < 1 || len(probabilities) != b.N*classes*area || len(b.Targets) != b.N*area {
		return fmt.Errorf("%d probabilities and %d targets of %d samples of %d×%d px",
			len(probabilities), len(b.Targets), b.N, b.W, b.H)
	}
	for n := range b.N {
		planes := probabilities[n*classes*area:][:classes*area]
		for i, target := range b.Targets[n*area:][:area] {
			if target >= 0 {
				t.count(int(target), predicted(planes[i:], classes, area))
			}
		}
		if t.collector != nil {
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
	image := evaluate.Image{
		ID: fmt.Sprintf("sample %09d", t.samples), Width: b.W, Height: b.H,
		Probabilities: planes, Truth: make([]uint8, area), FOV: make([]uint8, area),
	}
	if len(planes) > area {
		image.Probabilities = make([]float32, area)
		for i, background := range planes[:area] {
			image.Probabilities[i] = min(1, max(0, 1-background))
		}
	}
	for i, target := range targets {
		if target >= 0 {
			image.FOV[i] = 1
		}
		if target > 0 {
			image.Truth[i] = 1
		}
	}
	return t.collector.Add(image)
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
