package calls

import "r2unet/internal/device"

// Accumulate adds the gradient of a batch to the mean over the batches since the last update, over flat vectors of one
// length:
//
//	Mean = Shares[0]·Mean + Shares[1]·Grad
//
// Shares [2] are the fractions of the samples so far and of this batch; the host writes them before each run. If
// Shares[0] is 0, the call does not read Mean.
type Accumulate struct{ Grad, Mean, Shares *device.Tensor }

func (*Accumulate) Name() string { return "accumulate" }

func (c *Accumulate) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Grad), device.Updated(&c.Mean), device.Input(&c.Shares)}
}

func (*Accumulate) Traits() device.Traits { return device.Traits{} }

func (c *Accumulate) Definition() device.Definition {
	return device.Define(c, accumulate[float32], accumulate[float64])
}

func accumulate[T device.Float](c *Accumulate, at device.Values[T]) {
	mean, shares := at.Plain(c.Mean), at.Plain(c.Shares)
	for i, g := range at.Plain(c.Grad) {
		sum := shares[1] * g
		if shares[0] != 0 {
			sum += shares[0] * mean[i]
		}
		mean[i] = sum
	}
}
