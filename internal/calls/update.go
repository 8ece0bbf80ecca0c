package calls

import "r2unet/internal/device"

// Update is one step of an optimizer that updates each weight independently, over flat vectors of one length: it
// updates Param and State from Grad and the Numbers of the step, which the host writes before each run. Adam is the
// one optimizer that has kernels.
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
	param, grad := at.Plain(c.Param), at.Plain(c.Grad)
	var numbers []float64
	for _, v := range at.Plain(c.Numbers) {
		numbers = append(numbers, float64(v))
	}
	var vectors [][]T
	for _, s := range c.State {
		vectors = append(vectors, at.Plain(s))
	}
	state := make([]float64, len(vectors))
	for i, g := range grad {
		for j := range vectors {
			state[j] = float64(vectors[j][i])
		}
		param[i] = T(c.Formula(numbers, float64(param[i]), float64(g), state))
		for j := range vectors {
			vectors[j][i] = T(state[j])
		}
	}
}
