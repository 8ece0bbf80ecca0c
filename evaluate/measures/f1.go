package measures

// F1 is 2TP/(2TP+FP+FN), which equals the Dice coefficient, Eq. (7).
var F1 = Register(Measure{
	ID: "f1", Name: "F1", TwoClasses: true,
	Counts: func(c Counts) float64 { return ratio(2*c.TP, 2*c.TP+c.FP+c.FN) },
})
