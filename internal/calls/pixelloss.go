package calls

import "r2unet/internal/device"

// PixelLoss is a mean over pixels: Loss = mean of Value(logit, truth). Logits and Target are [N, 1, H, W], Target is in
// {0, 1} or −1 for an ignored pixel, Loss is a scalar. PositiveWeight, if it is not nil, returns a factor for the
// pixels of truth 1 from the numbers of both kinds in the batch; the mean still divides by the number of pixels.
type PixelLoss struct {
	Of                   string // the loss's name in profiles
	Value                func(logit, truth float64) float64
	PositiveWeight       func(positives, negatives float64) float64
	Logits, Target, Loss *device.Tensor
}

func (c *PixelLoss) Name() string { return c.Of + " loss" }

func (c *PixelLoss) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Logits), device.Input(&c.Target), device.Output(&c.Loss)}
}

func (*PixelLoss) Traits() device.Traits { return device.Traits{} }

func (c *PixelLoss) Definition() device.Definition {
	return device.Define(c, pixelLoss[float32], pixelLoss[float64])
}

func pixelLoss[T device.Float](c *PixelLoss, at device.Values[T]) {
	target := at.Features(c.Target)
	counts, value, sum := truthsOf(target), c.Value, 0.0
	if c.PositiveWeight != nil {
		value = weighted(value, c.PositiveWeight(counts.positives, counts.negatives))
	}
	eachPixel(at.Features(c.Logits), target, func(z, t float64) { sum += value(z, t) })
	at.Plain(c.Loss)[0] = T(sum / counts.pixels())
}

// PixelLossGrad is the gradient of PixelLoss with respect to the logits, times Grad, the scalar gradient with respect
// to the loss; a nil Grad means 1. Slope is the derivative of Value with respect to the logit.
type PixelLossGrad struct {
	Of                            string
	Slope                         func(logit, truth float64) float64
	PositiveWeight                func(positives, negatives float64) float64
	Logits, Target, Grad, DLogits *device.Tensor
}

func (c *PixelLossGrad) Name() string { return c.Of + " loss gradient" }

func (c *PixelLossGrad) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits), device.Input(&c.Target), device.Input(&c.Grad), device.Output(&c.DLogits),
	}
}

func (*PixelLossGrad) Traits() device.Traits { return device.Traits{Backward: true} }

func (c *PixelLossGrad) Definition() device.Definition {
	return device.Define(c, pixelLossGrad[float32], pixelLossGrad[float64])
}

func pixelLossGrad[T device.Float](c *PixelLossGrad, at device.Values[T]) {
	target := at.Features(c.Target)
	counts, slope := truthsOf(target), c.Slope
	if c.PositiveWeight != nil {
		slope = weighted(slope, c.PositiveWeight(counts.positives, counts.negatives))
	}
	share := given(at, c.Grad) / counts.pixels()
	setPixels(at.Features(c.Logits), target, at.Features(c.DLogits), func(z, t float64) float64 {
		return share * slope(z, t)
	})
}

// weighted multiplies a function of a pixel by weight where the truth is 1.
func weighted(of func(logit, truth float64) float64, weight float64) func(logit, truth float64) float64 {
	return func(logit, truth float64) float64 {
		if truth > 0.5 {
			return weight * of(logit, truth)
		}
		return of(logit, truth)
	}
}

// given returns the scalar gradient with respect to a loss, which is 1 if grad is nil.
func given[T device.Float](at device.Values[T], grad *device.Tensor) float64 {
	if grad == nil {
		return 1
	}
	return float64(at.Plain(grad)[0])
}
