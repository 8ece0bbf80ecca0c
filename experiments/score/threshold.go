package score

import (
	"fmt"

	"r2unet/evaluate"
	"r2unet/experiments/marks"
)

// A Threshold is the probability from which on pixels are foreground, and where it is from.
type Threshold struct {
	Value         float64
	given, marked bool // by the options, or by the pictures
}

// threshold returns that of a folder of probabilities.
func (o *Options) threshold(items []item, k int) (Threshold, error) {
	if o.Threshold != 0 {
		return Threshold{Value: o.Threshold, given: true}, nil
	}
	common := 0.0
	for _, it := range items {
		m, ok, err := marks.Read(it.predictions[k])
		if err != nil {
			return Threshold{}, err
		}
		if !ok || m.Threshold == 0 || common != 0 && common != m.Threshold {
			return Threshold{Value: evaluate.DefaultThreshold}, nil
		}
		common = m.Threshold
	}
	return Threshold{Value: common, marked: true}, nil
}

// String says it in a note.
func (t Threshold) String() string {
	switch {
	case t.given:
		return fmt.Sprintf("threshold %g.", t.Value)
	case t.marked:
		return fmt.Sprintf("threshold %g, with which segment made these pictures; -threshold takes another.", t.Value)
	}
	return fmt.Sprintf("threshold %g, unless -threshold gives another.", t.Value)
}
