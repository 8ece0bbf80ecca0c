package measures

import "math"

// Kappa is Cohen's agreement beyond chance, in [-1, 1]: 2(TP·TN−FP·FN)/((TP+FP)(FP+TN)+(TP+FN)(FN+TN)). It is
// undefined if the truth has only one class: no agreement beyond chance is possible then.
var Kappa = Register(Measure{
	ID: "kappa", Name: "κ", TwoClasses: true, RecordOnly: true,
	Counts: func(c Counts) float64 {
		tp, tn, fp, fn := c.floats()
		if tp+fn == 0 || tn+fp == 0 {
			return math.NaN()
		}
		return 2 * (tp*tn - fp*fn) / ((tp+fp)*(fp+tn) + (tp+fn)*(fn+tn))
	},
})
