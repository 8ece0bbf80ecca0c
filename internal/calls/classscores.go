package calls

import "r2unet/internal/device"

// ClassScores computes what a training curve records of K classes besides the loss: Scores [2], the mean squared error
// of the probabilities, over pixels and classes, and the fraction of pixels whose most probable class is the true one.
// Logits are [N, K, H, W], Target is [N, 1, H, W] with classes 0 … K−1, or −1 for a pixel that counts nowhere.
type ClassScores struct{ Logits, Target, Scores *device.Tensor }

func (*ClassScores) Name() string { return "scores of classes" }

func (c *ClassScores) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Logits), device.Input(&c.Target), device.Output(&c.Scores)}
}

func (*ClassScores) Traits() device.Traits { return device.Traits{} }

func (c *ClassScores) Definition() device.Definition {
	return device.Define(c, classScores[float32], classScores[float64])
}

func classScores[T device.Float](c *ClassScores, at device.Values[T]) {
	logits, out := at.Features(c.Logits), at.Plain(c.Scores)
	var squares, right float64
	count := eachClassified(logits, at.Features(c.Target), func(_, _, truth int, pixel *ClassPixel) {
		squares += pixel.SquaredError(truth)
		if pixel.Best() == truth {
			right++
		}
	})
	pixels := float64(max(count, 1))
	out[0], out[1] = T(squares/(pixels*float64(logits.C))), T(right/pixels)
}
