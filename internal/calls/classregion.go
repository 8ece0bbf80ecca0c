package calls

import "r2unet/internal/device"

// ClassRegionLoss is the mean over the foreground classes 1 … K−1 of a function of the sums of a Region, in which p is
// the softmax probability of the class and t is 1 where it is the truth: over the whole batch, or, with PerImage, its
// mean over the images. Logits are [N, K, H, W], Target is [N, 1, H, W] with classes 0 … K−1, or −1 for a pixel that
// counts nowhere, Loss is a scalar.
type ClassRegionLoss struct {
	Of                   string // the loss's name in profiles
	Value                func(Region) float64
	PerImage             bool
	Logits, Target, Loss *device.Tensor
}

func (c *ClassRegionLoss) Name() string { return c.Of + " loss of classes" }

func (c *ClassRegionLoss) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Logits), device.Input(&c.Target), device.Output(&c.Loss)}
}

func (*ClassRegionLoss) Traits() device.Traits { return device.Traits{} }

func (c *ClassRegionLoss) Definition() device.Definition {
	return device.Define(c, classRegionLoss[float32], classRegionLoss[float64])
}

func classRegionLoss[T device.Float](c *ClassRegionLoss, at device.Values[T]) {
	logits := at.Features(c.Logits)
	parts := classRegions(logits, at.Features(c.Target), c.PerImage)
	sum := 0.0
	for _, p := range parts {
		for _, r := range p.classes[1:] {
			sum += c.Value(r)
		}
	}
	at.Plain(c.Loss)[0] = T(sum / float64(max(len(parts), 1)*(logits.C-1)))
}

// ClassRegionLossGrad is the gradient of ClassRegionLoss with respect to the logits, times Grad, the scalar gradient
// with respect to the loss; a nil Grad means 1. Slope returns the derivatives of the value with respect to Both and
// Predicted.
type ClassRegionLossGrad struct {
	Of                            string
	Slope                         func(Region) (both, predicted float64)
	PerImage                      bool
	Logits, Target, Grad, DLogits *device.Tensor
}

func (c *ClassRegionLossGrad) Name() string { return c.Of + " loss gradient of classes" }

func (c *ClassRegionLossGrad) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits), device.Input(&c.Target), device.Input(&c.Grad), device.Output(&c.DLogits),
	}
}

func (*ClassRegionLossGrad) Traits() device.Traits { return device.Traits{Backward: true} }

func (c *ClassRegionLossGrad) Definition() device.Definition {
	return device.Define(c, classRegionLossGrad[float32], classRegionLossGrad[float64])
}

func classRegionLossGrad[T device.Float](c *ClassRegionLossGrad, at device.Values[T]) {
	logits, target, out := at.Features(c.Logits), at.Features(c.Target), at.Features(c.DLogits)
	parts := classRegions(logits, target, c.PerImage)
	share := given(at, c.Grad) / float64(max(len(parts), 1)*(logits.C-1))
	both, predicted := make([]float64, logits.C), make([]float64, logits.C)
	out.Set(device.Map[T]{})
	for _, s := range parts {
		for k, r := range s.classes[1:] {
			both[k+1], predicted[k+1] = c.Slope(r)
		}
		to := part(s.samples, out)
		eachClassified(part(s.samples, logits), part(s.samples, target), func(n, i, truth int, pixel *ClassPixel) {
			pixel.RegionGradient(truth, both, predicted, share, func(k int, d float64) { to.Plane(n, k)[i] = T(d) })
		})
	}
}

// classSamples are images of a batch with the sums of each class.
type classSamples struct {
	samples
	classes []Region
}

// classRegions returns the sums of each class over the whole batch, or over each image, where any pixel counts.
func classRegions[T device.Float](logits, target device.Map[T], perImage bool) []classSamples {
	size := logits.N
	if perImage {
		size = 1
	}
	var out []classSamples
	for first := 0; first < logits.N; first += size {
		s := classSamples{samples{first: first, end: first + size}, make([]Region, logits.C)}
		count := eachClassified(part(s.samples, logits), part(s.samples, target),
			func(_, _, truth int, pixel *ClassPixel) {
				for k, p := range pixel.P {
					s.classes[k].Predicted += p
				}
				s.classes[truth].Both += pixel.P[truth]
				s.classes[truth].True++
			})
		for k := range s.classes {
			s.classes[k].Pixels = float64(count)
		}
		if count > 0 {
			out = append(out, s)
		}
	}
	return out
}
