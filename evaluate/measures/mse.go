package measures

// MSE is the mean squared error of the probabilities.
var MSE = Register(Measure{
	ID: "mse", Name: "MSE", LowerIsBetter: true, RecordOnly: true,
	Pixel: func(probability, truth float64) float64 {
		difference := probability - truth
		return difference * difference
	},
})
