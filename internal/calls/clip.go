package calls

import (
	"math"

	"r2unet/internal/device"
)

// Clip scales a gradient whose Euclidean norm is above Max down to it, as torch.nn.utils.clip_grad_norm_ does:
//
//	Grad = min(1, Max/(‖Grad‖ + 1e-6)) · Grad
//
// Grad is the flat vector of all gradients. A norm that is not finite makes the gradient NaN.
type Clip struct {
	Grad *device.Tensor
	Max  float64
}

func (*Clip) Name() string { return "clip" }

func (c *Clip) Operands() []device.Operand { return []device.Operand{device.Updated(&c.Grad)} }

func (*Clip) Traits() device.Traits { return device.Traits{} }

func (c *Clip) Definition() device.Definition { return device.Define(c, clip[float32], clip[float64]) }

// Factor returns the factor for a gradient from the sum of its squares.
func (c *Clip) Factor(squares float64) float64 {
	norm := math.Sqrt(squares)
	if math.IsInf(norm, 0) {
		return math.NaN()
	}
	return min(1, c.Max/(norm+1e-6))
}

func clip[T device.Float](c *Clip, at device.Values[T]) {
	grad, squares := at.Plain(c.Grad), 0.0
	for _, g := range grad {
		squares += float64(g) * float64(g)
	}
	factor := T(c.Factor(squares))
	for i := range grad {
		grad[i] *= factor
	}
}
