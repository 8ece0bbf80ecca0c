// Package optim has the optimizer and its schedules.
package optim

import (
	"math"
)

// Adam is Kingma and Ba's optimizer (2015) as PyTorch computes it:
//
//	m = β1·m + (1−β1)·g,  v = β2·v + (1−β2)·g²
//	w = w − rate/(1−β1^k) · m / (√v/√(1−β2^k) + ε)     at step k = 1, 2, …
//
// Devices compute it over the flat vector of all parameters (calls.Adam); what changes from step to step are its Rates.
type Adam struct{ Beta1, Beta2, Epsilon float64 }

// DefaultAdam has PyTorch's constants: 0.9, 0.999, 1e-8.
func DefaultAdam() Adam { return Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

// Rates gives rate/(1−β1^k) and 1/√(1−β2^k) for step k ≥ 1.
func (a Adam) Rates(rate float64, k int) []float32 {
	return []float32{
		float32(rate / (1 - math.Pow(a.Beta1, float64(k)))),
		float32(1 / math.Sqrt(1-math.Pow(a.Beta2, float64(k)))),
	}
}
