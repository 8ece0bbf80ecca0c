package measures

// Counts is a confusion matrix of pixels.
type Counts struct {
	TP int64 `json:"tp"` // foreground predicted as foreground
	TN int64 `json:"tn"` // background predicted as background
	FP int64 `json:"fp"` // background predicted as foreground
	FN int64 `json:"fn"` // foreground predicted as background
}

// Plus returns the sum of two sets' counts.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.TP + d.TP, c.TN + d.TN, c.FP + d.FP, c.FN + d.FN}
}

// Times returns the counts of n equal sets.
func (c Counts) Times(n int64) Counts {
	return Counts{c.TP * n, c.TN * n, c.FP * n, c.FN * n}
}

// Total returns the number of pixels.
func (c Counts) Total() int64 { return c.TP + c.TN + c.FP + c.FN }

func (c Counts) floats() (tp, tn, fp, fn float64) {
	return float64(c.TP), float64(c.TN), float64(c.FP), float64(c.FN)
}

// ratio returns a/b, NaN for 0/0.
func ratio(part, whole int64) float64 { return float64(part) / float64(whole) }
