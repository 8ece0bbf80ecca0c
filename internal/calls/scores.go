package calls

import "r2unet/internal/device"

// Scores computes what a training curve records besides the loss: Scores [2], the mean squared error of the
// probabilities and the accuracy at threshold 0.5 (a pixel is positive if its logit is > 0), over the pixels whose
// target is not −1.
type Scores struct{ Logits, Target, Scores *device.Tensor }

func (*Scores) Name() string { return "scores" }

func (c *Scores) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits),
		device.Input(&c.Target),
		device.Output(&c.Scores),
	}
}

func (c *Scores) Traits() device.Traits { return device.Traits{} }

func (c *Scores) Definition() device.Definition {
	return device.Define(c, scores[float32], scores[float64])
}

func scores[T device.Float](c *Scores, at device.Values[T]) {
	logits, target, out := at.Features(c.Logits), at.Features(c.Target), at.Plain(c.Scores)
	var squares, right float64
	count := eachPixel(logits, target, func(z, t float64) {
		p := sigmoid(z)
		squares += (p - t) * (p - t)
		if (z > 0) == (t > 0.5) {
			right++
		}
	})
	pixels := float64(max(count, 1))
	out[0], out[1] = T(squares/pixels), T(right/pixels)
}
