package calls

import "r2unet/internal/device"

// Combine is the scalar Y = Factors[0]·Terms[0] + Factors[1]·Terms[1] + …: a loss that is a weighted sum of losses.
type Combine struct {
	Terms   []*device.Tensor
	Factors []float64
	Y       *device.Tensor
}

func (*Combine) Name() string { return "weighted sum" }

func (c *Combine) Operands() []device.Operand {
	var out []device.Operand
	for i := range c.Terms {
		out = append(out, device.Input(&c.Terms[i]))
	}
	return append(out, device.Output(&c.Y))
}

func (*Combine) Traits() device.Traits { return device.Traits{} }

func (c *Combine) Definition() device.Definition {
	return device.Define(c, combine[float32], combine[float64])
}

func combine[T device.Float](c *Combine, at device.Values[T]) {
	sum := 0.0
	for i, term := range c.Terms {
		sum += c.Factors[i] * float64(at.Plain(term)[0])
	}
	at.Plain(c.Y)[0] = T(sum)
}

// Scale is the scalar Y = Acc + Factor·X; without X it is Acc + Factor: the gradient of a term of Combine.
type Scale struct {
	X, Acc *device.Tensor
	Factor float64
	Y      *device.Tensor
}

func (*Scale) Name() string { return "scale" }

func (c *Scale) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.X), device.Donor(&c.Acc), device.Output(&c.Y)}
}

// Traits marks a Scale without X, the gradient of a root loss, as the start of the backward pass.
func (c *Scale) Traits() device.Traits { return device.Traits{Backward: c.X == nil} }

func (c *Scale) Definition() device.Definition {
	return device.Define(c, scale[float32], scale[float64])
}

func scale[T device.Float](c *Scale, at device.Values[T]) {
	y := c.Factor
	if c.X != nil {
		y *= float64(at.Plain(c.X)[0])
	}
	if c.Acc != nil {
		y += float64(at.Plain(c.Acc)[0])
	}
	at.Plain(c.Y)[0] = T(y)
}
