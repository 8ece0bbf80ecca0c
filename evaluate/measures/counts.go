package measures

// Counts is a confusion matrix of pixels.
type Counts struct {
	TP int64 `json:"tp"` // foreground called foreground
	TN int64 `json:"tn"` // background called background
	FP int64 `json:"fp"` // background called foreground
	FN int64 `json:"fn"` // foreground called background
}

// Plus returns the counts of both sets of pixels together.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.TP + d.TP, c.TN + d.TN, c.FP + d.FP, c.FN + d.FN}
}

// Total is the number of pixels.
func (c Counts) Total() int64 { return c.TP + c.TN + c.FP + c.FN }

func (c Counts) floats() (tp, tn, fp, fn float64) {
	return float64(c.TP), float64(c.TN), float64(c.FP), float64(c.FN)
}

// ratio is NaN where it is 0/0.
func ratio(part, whole int64) float64 { return float64(part) / float64(whole) }
