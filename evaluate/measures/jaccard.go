package measures

// Jaccard is the intersection over union of the foregrounds, TP/(TP+FP+FN), Eq. (8).
var Jaccard = Register(Measure{
	ID: "js", Name: "JS", TwoClasses: true,
	Counts: func(c Counts) float64 { return ratio(c.TP, c.TP+c.FP+c.FN) },
})
