package measures

// BalancedAccuracy is the mean of sensitivity and specificity. The paper's Tables II and III print it as AUC.
var BalancedAccuracy = Register(Measure{
	ID: "balanced_accuracy", Name: "Balanced accuracy", TwoClasses: true, RecordOnly: true,
	Counts: func(c Counts) float64 { return (sensitivity(c) + specificity(c)) / 2 },
})
