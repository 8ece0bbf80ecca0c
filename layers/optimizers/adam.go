package optimizers

import "math"

func init() { Register("adam", Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}) }

// Adam is Kingma and Ba's optimizer (2015) as PyTorch computes it, with PyTorch's constants:
//
//	m = β1·m + (1−β1)·g,  v = β2·v + (1−β2)·g²
//	w = w − rate/(1−β1^k) · m / (√v/√(1−β2^k) + ε)     at step k = 1, 2, …
//
// Devices have a kernel for it.
type Adam struct{ Beta1, Beta2, Epsilon float64 }

// State names the two moments.
func (Adam) State() []string { return []string{"m", "v"} }

// Numbers returns rate/(1−β1^k) and 1/√(1−β2^k) for step k.
func (a Adam) Numbers(rate float64, k int) []float32 {
	return []float32{
		float32(rate / (1 - math.Pow(a.Beta1, float64(k)))),
		float32(1 / math.Sqrt(1-math.Pow(a.Beta2, float64(k)))),
	}
}

// Update takes one step for one weight.
func (a Adam) Update(n []float32, w, g float64, state []float64) float64 {
	state[0] = a.Beta1*state[0] + (1-a.Beta1)*g
	state[1] = a.Beta2*state[1] + (1-a.Beta2)*g*g
	return w - float64(n[0])*state[0]/(math.Sqrt(state[1])*float64(n[1])+a.Epsilon)
}
