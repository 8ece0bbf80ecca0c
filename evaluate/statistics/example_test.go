package statistics_test

import (
	"fmt"

	"r2unet/evaluate/statistics"
)

// The eight test images of CHASE_DB1, all better with one network: no smaller p is possible with eight.
func ExampleWilcoxon() {
	r := statistics.Wilcoxon([]float64{0.011, 0.007, 0.002, 0.009, 0.004, 0.013, 0.001, 0.006})
	fmt.Printf("p = %.4f, exact: %t\n", r.P, r.Exact)
	// Output: p = 0.0078, exact: true
}

// Three comparisons: the smallest p is multiplied by three, the next by two.
func ExampleHolm() {
	fmt.Printf("%.2f\n", statistics.Holm([]float64{0.04, 0.01, 0.03}))
	// Output: [0.06 0.03 0.06]
}

func ExampleBootstrap() {
	f1 := []float64{0.79, 0.81, 0.80, 0.78, 0.82, 0.80, 0.77, 0.83}
	i := statistics.Bootstrap(len(f1), statistics.Mean(f1), statistics.Rounds, statistics.Level, 1)
	fmt.Printf("mean 0.80, 95 %% interval [%.2f, %.2f]\n", i.Low, i.High)
	// Output: mean 0.80, 95 % interval [0.79, 0.81]
}
