package calls

import "r2unet/internal/device"

// PixelLoss is a mean over pixels: Loss = mean of Value(logit, truth). Logits and Target are [N, 1, H, W], Loss is a
// scalar.
type PixelLoss struct {
	Of                   string // the loss's name in profiles
	Value                func(logit, truth float64) float64
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
	logits := at.Features(c.Logits)
	sum := 0.0
	eachPixel(logits, at.Features(c.Target), func(z, t float64) { sum += c.Value(z, t) })
	at.Plain(c.Loss)[0] = T(sum / float64(logits.N*logits.H*logits.W))
}

// PixelLossGrad is the gradient of PixelLoss with respect to the logits, times Grad, the scalar gradient with respect
// to the loss; a nil Grad means 1. Slope is the derivative of Value with respect to the logit.
type PixelLossGrad struct {
	Of                            string
	Slope                         func(logit, truth float64) float64
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
	logits := at.Features(c.Logits)
	share := given(at, c.Grad) / float64(logits.N*logits.H*logits.W)
	setPixels(logits, at.Features(c.Target), at.Features(c.DLogits), func(z, t float64) float64 {
		return share * c.Slope(z, t)
	})
}

// given returns the scalar gradient with respect to a loss, which is 1 if grad is nil.
func given[T device.Float](at device.Values[T], grad *device.Tensor) float64 {
	if grad == nil {
		return 1
	}
	return float64(at.Plain(grad)[0])
}

// setPixels sets each pixel of out to a function of its logit and truth.
func setPixels[T device.Float](logits, target, out device.Map[T], f func(z, t float64) float64) {
	for n := range logits.N {
		t, d := target.Plane(n, 0), out.Plane(n, 0)
		for i, z := range logits.Plane(n, 0) {
			d[i] = T(f(float64(z), float64(t[i])))
		}
	}
}
