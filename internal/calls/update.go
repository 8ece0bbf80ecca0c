package calls

import "r2unet/internal/device"

// Update is one step of an optimizer that updates each weight independently, over flat vectors of one length: it
// updates Param and State from Grad and the Numbers of the step, which the host writes before each run. Adam has
// a call of its own.
type Update struct {
	Of                   string // the optimizer's name, for profiles
	Param, Grad, Numbers *device.Tensor
	State                []*device.Tensor
	Formula              func(numbers []float64, weight, gradient float64, state []float64) float64
}

func (c *Update) Name() string { return c.Of }

func (c *Update) Operands() []device.Operand {
	operands := []device.Operand{device.Updated(&c.Param), device.Input(&c.Grad), device.Input(&c.Numbers)}
	for i := range c.State {
		operands = append(operands, device.Updated(&c.State[i]))
	}
	return operands
}

func (*Update) Traits() device.Traits { return device.Traits{} }

func (c *Update) Definition() device.Definition {
	return device.Define(c, update[float32], update[float64])
}

func update[T device.Float](c *Update, at device.Values[T]) {
	var vectors [][]T
	for _, s := range c.State {
		vectors = append(vectors, at.Plain(s))
	}
	UpdateElements(c, at.Plain(c.Numbers), at.Plain(c.Param), at.Plain(c.Grad), vectors)
}

// UpdateElements takes the step for flat vectors, or the same part of each: elements do not depend on each other.
func UpdateElements[T device.Float](c *Update, numbers, param, grad []T, vectors [][]T) {
	wide := make([]float64, len(numbers))
	for i, v := range numbers {
		wide[i] = float64(v)
	}
	state := make([]float64, len(vectors))
	for i, g := range grad {
		for j := range vectors {
			state[j] = float64(vectors[j][i])
		}
		param[i] = T(c.Formula(wide, float64(param[i]), float64(g), state))
		for j := range vectors {
			vectors[j][i] = T(state[j])
		}
	}
}
