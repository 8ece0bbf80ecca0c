package measures

// Precision is the share of predicted foreground that is foreground, TP/(TP+FP).
var Precision = Register(Measure{
	ID: "precision", Name: "Precision", TwoClasses: true, RecordOnly: true,
	Counts: func(c Counts) float64 { return ratio(c.TP, c.TP+c.FP) },
})
