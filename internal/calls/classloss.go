package calls

import "r2unet/internal/device"

// ClassPixelLoss is a mean over the pixels that are not ignored: Loss = mean of Value(log p), where p is the softmax
// probability of the pixel's true class. Logits are [N, K, H, W], Target is [N, 1, H, W] with classes 0 … K−1, or −1
// for an ignored pixel, Loss is a scalar. Without any pixel it is 0.
type ClassPixelLoss struct {
	Of                   string // the loss's name in profiles
	Value                func(logp float64) float64
	Logits, Target, Loss *device.Tensor
}

func (c *ClassPixelLoss) Name() string { return c.Of + " loss of classes" }

func (c *ClassPixelLoss) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Logits), device.Input(&c.Target), device.Output(&c.Loss)}
}

func (*ClassPixelLoss) Traits() device.Traits { return device.Traits{} }

func (c *ClassPixelLoss) Definition() device.Definition {
	return device.Define(c, classPixelLoss[float32], classPixelLoss[float64])
}

func classPixelLoss[T device.Float](c *ClassPixelLoss, at device.Values[T]) {
	sum := 0.0
	count := eachClassified(at.Features(c.Logits), at.Features(c.Target), func(_, _, truth int, pixel *ClassPixel) {
		sum += c.Value(pixel.Logit[truth] - pixel.Log)
	})
	at.Plain(c.Loss)[0] = T(sum / float64(max(count, 1)))
}

// ClassPixelLossGrad is the gradient of ClassPixelLoss with respect to the logits, times Grad, the scalar gradient
// with respect to the loss; a nil Grad means 1. Slope is the derivative of Value. Ignored pixels have none.
type ClassPixelLossGrad struct {
	Of                            string
	Slope                         func(logp float64) float64
	Logits, Target, Grad, DLogits *device.Tensor
}

func (c *ClassPixelLossGrad) Name() string { return c.Of + " loss gradient of classes" }

func (c *ClassPixelLossGrad) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits), device.Input(&c.Target), device.Input(&c.Grad), device.Output(&c.DLogits),
	}
}

func (*ClassPixelLossGrad) Traits() device.Traits { return device.Traits{Backward: true} }

func (c *ClassPixelLossGrad) Definition() device.Definition {
	return device.Define(c, classPixelLossGrad[float32], classPixelLossGrad[float64])
}

func classPixelLossGrad[T device.Float](c *ClassPixelLossGrad, at device.Values[T]) {
	logits, target, out := at.Features(c.Logits), at.Features(c.Target), at.Features(c.DLogits)
	share := given(at, c.Grad) / float64(max(counted(target), 1))
	out.Set(device.Map[T]{})
	eachClassified(logits, target, func(n, i, truth int, pixel *ClassPixel) {
		slope := share * c.Slope(pixel.Logit[truth]-pixel.Log)
		pixel.PixelGradient(truth, slope, func(k int, d float64) { out.Plane(n, k)[i] = T(d) })
	})
}
