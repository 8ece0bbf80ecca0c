package measures

// Specificity is the share of background that is predicted as background, TN/(TN+FP), Eq. (6).
var Specificity = Register(Measure{ID: "sp", Name: "SP", Counts: specificity})

func specificity(c Counts) float64 { return ratio(c.TN, c.TN+c.FP) }
