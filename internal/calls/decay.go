package calls

import "r2unet/internal/device"

// Penalize adds the gradient of an L2 penalty of the weights, over flat vectors of one length:
//
//	Grad = Grad + Decay·Param
type Penalize struct {
	Param, Grad *device.Tensor
	Decay       float64
}

func (*Penalize) Name() string { return "weight decay" }

func (c *Penalize) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Param), device.Updated(&c.Grad)}
}

func (*Penalize) Traits() device.Traits { return device.Traits{} }

func (c *Penalize) Definition() device.Definition {
	return device.Define(c, penalize[float32], penalize[float64])
}

func penalize[T device.Float](c *Penalize, at device.Values[T]) {
	grad := at.Plain(c.Grad)
	for i, w := range at.Plain(c.Param) {
		grad[i] += T(c.Decay) * w
	}
}

// Shrink is decoupled weight decay (Loshchilov and Hutter 2019):
//
//	Param = Param − Fraction[0]·Param
//
// Fraction [1] = rate·decay changes with the learning rate; the host writes it before each run.
type Shrink struct{ Param, Fraction *device.Tensor }

func (*Shrink) Name() string { return "weight decay" }

func (c *Shrink) Operands() []device.Operand {
	return []device.Operand{device.Updated(&c.Param), device.Input(&c.Fraction)}
}

func (*Shrink) Traits() device.Traits { return device.Traits{} }

func (c *Shrink) Definition() device.Definition {
	return device.Define(c, shrink[float32], shrink[float64])
}

func shrink[T device.Float](c *Shrink, at device.Values[T]) {
	param, fraction := at.Plain(c.Param), at.Plain(c.Fraction)[0]
	for i, w := range param {
		param[i] = w - fraction*w
	}
}
