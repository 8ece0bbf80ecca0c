package optimizers

import (
	"math"

	"r2unet/internal/setting"
)

func init() {
	Register("adam", func(s setting.Setting) Optimizer { return adamOf(s) }, adamParameters...)
	Register("adamw", func(s setting.Setting) Optimizer { return AdamW{adamOf(s)} }, adamParameters...)
}

var adamParameters = []setting.Parameter{
	setting.Number("beta1", 0.9, 0, 0.999999),
	setting.Number("beta2", 0.999, 0, 0.999999),
	setting.Number("epsilon", 1e-8, 1e-12, 1),
}

func adamOf(s setting.Setting) Adam {
	return Adam{Beta1: s.Number("beta1"), Beta2: s.Number("beta2"), Epsilon: s.Number("epsilon")}
}

// Adam is Kingma and Ba's optimizer (2015) as PyTorch computes it, by default with PyTorch's constants:
//
//	m = β1·m + (1−β1)·g,  v = β2·v + (1−β2)·g²
//	w = w − rate/(1−β1^k) · m / (√v/√(1−β2^k) + ε)     at step k = 1, 2, …
//
// Devices have a kernel for it.
type Adam struct{ Beta1, Beta2, Epsilon float64 }

// State names the two moments.
func (Adam) State() []string { return []string{"m", "v"} }

// Numbers returns rate/(1−β1^k) and 1/√(1−β2^k) for step k.
func (a Adam) Numbers(rate float64, k int) []float64 {
	return []float64{
		rate / (1 - math.Pow(a.Beta1, float64(k))),
		1 / math.Sqrt(1-math.Pow(a.Beta2, float64(k))),
	}
}

// Update takes one step for one weight.
func (a Adam) Update(n []float64, w, g float64, state []float64) float64 {
	state[0] = a.Beta1*state[0] + (1-a.Beta1)*g
	state[1] = a.Beta2*state[1] + (1-a.Beta2)*g*g
	return w - n[0]*state[0]/(math.Sqrt(state[1])*n[1]+a.Epsilon)
}

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019).
type AdamW struct{ Adam }

// DecouplesDecay marks the weight decay as decoupled.
func (AdamW) DecouplesDecay() {}
