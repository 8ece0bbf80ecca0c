package calls

import (
	"math"

	"r2unet/internal/device"
)

// Adam is one step of Adam (Kingma and Ba 2015, as PyTorch computes it) over flat vectors of the same length:
//
//	M = Beta1·M + (1−Beta1)·Grad,  V = Beta2·V + (1−Beta2)·Grad²
//	Param = Param − Rates[0] · M / (√V·Rates[1] + Epsilon)
//
// Rates [2] = (rate/(1−Beta1^k), 1/√(1−Beta2^k)) for step k = 1, 2, …; the host writes it before each run, so that a
// captured step can be replayed.
type Adam struct {
	Param, Grad, M, V, Rates *device.Tensor
	Beta1, Beta2, Epsilon    float64
}

func (*Adam) Name() string { return "Adam" }

func (c *Adam) Operands() []device.Operand {
	return []device.Operand{
		device.Updated(&c.Param),
		device.Input(&c.Grad),
		device.Updated(&c.M),
		device.Updated(&c.V),
		device.Input(&c.Rates),
	}
}

func (c *Adam) Traits() device.Traits { return device.Traits{} }

func (c *Adam) Definition() device.Definition { return device.Define(c, adam[float32], adam[float64]) }

func adam[T device.Float](c *Adam, at device.Values[T]) {
	param, grad, m, v, rates := at.Plain(c.Param), at.Plain(c.Grad), at.Plain(c.M), at.Plain(c.V), at.Plain(c.Rates)
	b1, b2 := T(c.Beta1), T(c.Beta2)
	for i, g := range grad {
		m[i] = b1*m[i] + (1-b1)*g
		v[i] = b2*v[i] + (1-b2)*g*g
		param[i] -= rates[0] * m[i] / (T(math.Sqrt(float64(v[i])))*rates[1] + T(c.Epsilon))
	}
}
