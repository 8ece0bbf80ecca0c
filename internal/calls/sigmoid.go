package calls

import (
	"math"

	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Sigmoid is P = 1/(1 + exp(−Logits)).
type Sigmoid struct{ Logits, P *device.Tensor }

func (*Sigmoid) Name() string { return "sigmoid" }

func (c *Sigmoid) Operands() []device.Operand {
	return []device.Operand{
		device.Donor(&c.Logits),
		device.Output(&c.P),
	}
}

func (c *Sigmoid) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *Sigmoid) Definition() device.Definition {
	return device.Define(c, sigmoidAll[float32], sigmoidAll[float64])
}

func (c *Sigmoid) ONNX(g *onnx.Graph) { g.Let(c.P.Name, g.Node("Sigmoid", present(c.Logits))) }

func sigmoidAll[T device.Float](c *Sigmoid, at device.Values[T]) {
	logits, p := at.Features(c.Logits), at.Features(c.P)
	for n := range logits.N {
		for ch := range logits.C {
			out := p.Plane(n, ch)
			for i, z := range logits.Plane(n, ch) {
				out[i] = T(sigmoid(float64(z)))
			}
		}
	}
}

// sigmoid is 1/(1 + e^−z), without overflow.
func sigmoid(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}
