package evaluate

import "math"

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

// Every measure below is NaN where its quotient is 0/0.

// Accuracy is (TP+TN)/(TP+TN+FP+FN), Eq. (4).
func (c Counts) Accuracy() float64 { return ratio(c.TP+c.TN, c.Total()) }

// Sensitivity is TP/(TP+FN), Eq. (5).
func (c Counts) Sensitivity() float64 { return ratio(c.TP, c.TP+c.FN) }

// Specificity is TN/(TN+FP), Eq. (6).
func (c Counts) Specificity() float64 { return ratio(c.TN, c.TN+c.FP) }

// Precision is TP/(TP+FP).
func (c Counts) Precision() float64 { return ratio(c.TP, c.TP+c.FP) }

// F1 is 2TP/(2TP+FP+FN), which is the Dice coefficient too, Eq. (7).
func (c Counts) F1() float64 { return ratio(2*c.TP, 2*c.TP+c.FP+c.FN) }

// Jaccard is TP/(TP+FP+FN), Eq. (8).
func (c Counts) Jaccard() float64 { return ratio(c.TP, c.TP+c.FP+c.FN) }

// BalancedAccuracy is the mean of sensitivity and specificity.
func (c Counts) BalancedAccuracy() float64 { return (c.Sensitivity() + c.Specificity()) / 2 }

// MCC is Matthews' correlation of prediction and truth.
func (c Counts) MCC() float64 {
	tp, tn, fp, fn := c.floats()
	return (tp*tn - fp*fn) / (math.Sqrt((tp+fp)*(tn+fn)) * math.Sqrt((tp+fn)*(tn+fp)))
}

// Kappa is Cohen's agreement beyond chance,
// 2(TP·TN−FP·FN)/((TP+FP)(FP+TN)+(TP+FN)(FN+TN)). It is undefined where the
// truth has one class only: there is then nothing to agree on beyond chance.
func (c Counts) Kappa() float64 {
	tp, tn, fp, fn := c.floats()
	if tp+fn == 0 || tn+fp == 0 {
		return math.NaN()
	}
	return 2 * (tp*tn - fp*fn) / ((tp+fp)*(fp+tn) + (tp+fn)*(fn+tn))
}

func (c Counts) floats() (tp, tn, fp, fn float64) {
	return float64(c.TP), float64(c.TN), float64(c.FP), float64(c.FN)
}

func ratio(part, whole int64) float64 { return float64(part) / float64(whole) }
