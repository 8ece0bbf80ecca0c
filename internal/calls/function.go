package calls

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Function is the pointwise function of an Activate call.
type Function string

// The functions of an argument u. ReLU is the zero value, because the paper uses no other.
const (
	ReLU     Function = ""         // max(u, 0)
	Identity Function = "identity" // u
	Leaky    Function = "leaky"    // u where u > 0, else 0.01·u (Maas et al. 2013, PyTorch's slope)
	ELU      Function = "elu"      // u where u > 0, else e^u − 1 (Clevert et al. 2016, α = 1)
	SiLU     Function = "silu"     // u·σ(u) (Elfwing et al. 2018)
	Logistic Function = "sigmoid"  // σ(u) = 1/(1 + e^−u)
)

// Functions lists all functions, ReLU first.
func Functions() []Function { return []Function{ReLU, Identity, Leaky, ELU, SiLU, Logistic} }

const leakySlope = 0.01

// Check returns an error if the function is unknown.
func (f Function) Check() error {
	if slices.Contains(Functions(), f) {
		return nil
	}
	var names []string
	for _, known := range Functions() {
		names = append(names, known.String())
	}
	return fmt.Errorf("activation %q: unknown, expected one of %s", string(f), strings.Join(names, ", "))
}

// String returns the function's name in profiles.
func (f Function) String() string {
	if f == ReLU {
		return "ReLU"
	}
	return string(f)
}

// Slope returns the slope below zero of a function that is u above it; ok is false for the others.
func (f Function) Slope() (slope float32, ok bool) {
	switch f {
	case ReLU:
		return 0, true
	case Identity:
		return 1, true
	case Leaky:
		return leakySlope, true
	}
	return 0, false
}

// value returns the function u ↦ f(u).
func value[T device.Float](f Function) func(u T) T {
	switch f {
	case Identity:
		return func(u T) T { return u }
	case Leaky:
		return func(u T) T {
			if u > 0 {
				return u
			}
			return leakySlope * u
		}
	case ELU:
		return func(u T) T {
			if u > 0 {
				return u
			}
			return T(math.Expm1(float64(u)))
		}
	case SiLU:
		return func(u T) T { return T(float64(u) * sigmoid(float64(u))) }
	case Logistic:
		return func(u T) T { return T(sigmoid(float64(u))) }
	default:
		return func(u T) T { return max(u, 0) }
	}
}

// chain returns the function (u, d) ↦ d·f′(u), which turns the gradient d with respect to f(u) into that with respect
// to u.
func chain[T device.Float](f Function) func(u, d T) T {
	switch f {
	case Identity:
		return func(_, d T) T { return d }
	case Leaky:
		return func(u, d T) T {
			if u > 0 {
				return d
			}
			return leakySlope * d
		}
	case ELU:
		return func(u, d T) T {
			if u > 0 {
				return d
			}
			return d * T(math.Exp(float64(u)))
		}
	case SiLU:
		return func(u, d T) T {
			s := sigmoid(float64(u))
			return d * T(s*(1+float64(u)*(1-s)))
		}
	case Logistic:
		return func(u, d T) T {
			s := sigmoid(float64(u))
			return d * T(s*(1-s))
		}
	default:
		return func(u, d T) T {
			if u > 0 {
				return d
			}
			return 0
		}
	}
}

// onnx adds the function of a tensor to a graph.
func (f Function) onnx(g *onnx.Graph, u string) string {
	in := []string{u}
	switch f {
	case Identity:
		return u
	case Leaky:
		return g.Node("LeakyRelu", in, onnx.Float("alpha", leakySlope))
	case ELU:
		return g.Node("Elu", in)
	case SiLU:
		return g.Node("Mul", []string{u, g.Node("Sigmoid", in)})
	case Logistic:
		return g.Node("Sigmoid", in)
	default:
		return g.Node("Relu", in)
	}
}
