package calls

import (
	"math"

	"r2unet/internal/device"
)

// LossWeights are the weights of the terms of the loss: BCE·(mean binary cross-entropy over the pixels, from logits) +
// Dice·(1 − (2Σpt + 1)/(Σp + Σt + 1)), with p = sigmoid(logit) and sums over the whole batch.
type LossWeights struct{ BCE, Dice float64 }

// Loss is the training loss: Logits and Target [N, 1, H, W], Target in {0, 1}, or −1 for an ignored pixel; Loss is
// a scalar.
type Loss struct {
	Weights              LossWeights
	Logits, Target, Loss *device.Tensor
}

func (*Loss) Name() string { return "loss" }

func (c *Loss) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits),
		device.Input(&c.Target),
		device.Output(&c.Loss),
	}
}

func (c *Loss) Traits() device.Traits { return device.Traits{} }

func (c *Loss) Definition() device.Definition {
	return device.Define(c, lossCall[float32], lossCall[float64])
}

func lossCall[T device.Float](c *Loss, at device.Values[T]) {
	at.Plain(c.Loss)[0] = T(loss(at.Features(c.Logits), at.Features(c.Target), c.Weights))
}

func loss[T device.Float](logits, target device.Map[T], weights LossWeights) float64 {
	total := 0.0
	if weights.BCE != 0 {
		sum := 0.0
		count := eachPixel(logits, target, func(z, t float64) { // −t·log p − (1−t)·log(1−p), from the logit
			sum += max(z, 0) - z*t + math.Log1p(math.Exp(-math.Abs(z)))
		})
		total += weights.BCE * sum / float64(max(count, 1))
	}
	if weights.Dice != 0 {
		o := overlapOf(logits, target)
		total += weights.Dice * (1 - (2*o.both+1)/(o.p+o.t+1))
	}
	return total
}

// LossGrad is the gradient of Loss with respect to the logits, times Grad, the scalar gradient with respect to the
// loss; a nil Grad means 1.
type LossGrad struct {
	Weights        LossWeights
	Logits, Target *device.Tensor
	Grad           *device.Tensor
	DLogits        *device.Tensor
}

func (*LossGrad) Name() string { return "loss gradient" }

func (c *LossGrad) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits),
		device.Input(&c.Target),
		device.Input(&c.Grad),
		device.Output(&c.DLogits),
	}
}

func (c *LossGrad) Traits() device.Traits { return device.Traits{Backward: true} }

func (c *LossGrad) Definition() device.Definition {
	return device.Define(c, lossGrad[float32], lossGrad[float64])
}

func lossGrad[T device.Float](c *LossGrad, at device.Values[T]) {
	logits, target, out := at.Features(c.Logits), at.Features(c.Target), at.Features(c.DLogits)
	bce := c.Weights.BCE / truthsOf(target).pixels()
	var o overlap
	if c.Weights.Dice != 0 {
		o = overlapOf(logits, target)
	}
	size := o.p + o.t + 1
	grad, weights := given(at, c.Grad), c.Weights
	bce, weights.Dice = bce*grad, weights.Dice*grad
	setPixels(logits, target, out, func(z, truth float64) float64 {
		p := sigmoid(z)
		dice := weights.Dice * ((2*o.both+1)/(size*size) - 2*truth/size) * p * (1 - p)
		return bce*(p-truth) + dice
	})
}

// overlap holds the sums of the Dice loss: Σ p·t, Σ p, Σ t and the number of pixels.
type overlap struct{ both, p, t, pixels float64 }

func overlapOf[T device.Float](logits, target device.Map[T]) (o overlap) {
	count := eachPixel(logits, target, func(z, t float64) {
		p := sigmoid(z)
		o.both += p * t
		o.p += p
		o.t += t
	})
	o.pixels = float64(count)
	return o
}
