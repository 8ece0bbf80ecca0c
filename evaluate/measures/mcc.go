package measures

import "math"

// MCC is Matthews' correlation coefficient of prediction and truth, in [-1, 1].
var MCC = Register(Measure{
	ID: "mcc", Name: "MCC", TwoClasses: true, RecordOnly: true,
	Counts: func(c Counts) float64 {
		tp, tn, fp, fn := c.floats()
		return (tp*tn - fp*fn) / (math.Sqrt((tp+fp)*(tn+fn)) * math.Sqrt((tp+fn)*(tn+fp)))
	},
})
