package measures

// Sensitivity is the share of foreground that is predicted as foreground, TP/(TP+FN), Eq. (5).
var Sensitivity = Register(Measure{ID: "se", Name: "SE", Counts: sensitivity})

func sensitivity(c Counts) float64 { return ratio(c.TP, c.TP+c.FN) }
