package measures

// Accuracy is the share of correctly classified pixels, (TP+TN)/(TP+TN+FP+FN), Eq. (4).
var Accuracy = Register(Measure{
	ID: "ac", Name: "AC",
	Counts: func(c Counts) float64 { return ratio(c.TP+c.TN, c.Total()) },
})
