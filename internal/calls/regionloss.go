package calls

import "r2unet/internal/device"

// Region holds the sums, over a batch or one image, from which overlap losses are computed: with p the probability
// and t the truth of each pixel, Σ p·t, Σ p, Σ t, and the number of pixels. The soft counts follow: TP = Both, FP =
// Predicted − Both, FN = True − Both.
type Region struct{ Both, Predicted, True, Pixels float64 }

// RegionLoss is a function of the sums of a Region: over the whole batch, or, with PerImage, its mean over the images
// that have pixels which count. Logits and Target are [N, 1, H, W], Target is in {0, 1} or −1 for an ignored pixel,
// Loss is a scalar.
type RegionLoss struct {
	Of                   string // the loss's name in profiles
	Value                func(Region) float64
	PerImage             bool
	Logits, Target, Loss *device.Tensor
}

func (c *RegionLoss) Name() string { return c.Of + " loss" }

func (c *RegionLoss) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Logits), device.Input(&c.Target), device.Output(&c.Loss)}
}

func (*RegionLoss) Traits() device.Traits { return device.Traits{} }

func (c *RegionLoss) Definition() device.Definition {
	return device.Define(c, regionLoss[float32], regionLoss[float64])
}

func regionLoss[T device.Float](c *RegionLoss, at device.Values[T]) {
	sum := 0.0
	parts := regions(at.Features(c.Logits), at.Features(c.Target), c.PerImage)
	for _, r := range parts {
		sum += c.Value(r.sums)
	}
	at.Plain(c.Loss)[0] = T(sum / float64(max(len(parts), 1)))
}

// RegionLossGrad is the gradient of RegionLoss with respect to the logits, times Grad, the scalar gradient with
// respect to the loss; a nil Grad means 1. Slope returns the derivatives of the value with respect to Both and
// Predicted.
type RegionLossGrad struct {
	Of                            string
	Slope                         func(Region) (both, predicted float64)
	PerImage                      bool
	Logits, Target, Grad, DLogits *device.Tensor
}

func (c *RegionLossGrad) Name() string { return c.Of + " loss gradient" }

func (c *RegionLossGrad) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits), device.Input(&c.Target), device.Input(&c.Grad), device.Output(&c.DLogits),
	}
}

func (*RegionLossGrad) Traits() device.Traits { return device.Traits{Backward: true} }

func (c *RegionLossGrad) Definition() device.Definition {
	return device.Define(c, regionLossGrad[float32], regionLossGrad[float64])
}

func regionLossGrad[T device.Float](c *RegionLossGrad, at device.Values[T]) {
	logits, target, out := at.Features(c.Logits), at.Features(c.Target), at.Features(c.DLogits)
	parts := regions(logits, target, c.PerImage)
	share := given(at, c.Grad) / float64(max(len(parts), 1))
	out.Set(device.Map[T]{})
	for _, r := range parts {
		both, predicted := c.Slope(r.sums)
		setPixels(part(r, logits), part(r, target), part(r, out), func(z, t float64) float64 {
			p := sigmoid(z)
			return share * (both*t + predicted) * p * (1 - p)
		})
	}
}

// samples are the images first to end−1 of a batch, with their sums.
type samples struct {
	first, end int
	sums       Region
}

// part returns the map of these images alone.
func part[T device.Float](s samples, m device.Map[T]) device.Map[T] {
	m.Data, m.N = m.Data[s.first*m.Sample:], s.end-s.first
	return m
}

// regions returns the sums over the whole batch, or over each image, where any pixel counts.
func regions[T device.Float](logits, target device.Map[T], perImage bool) []samples {
	size := logits.N
	if perImage {
		size = 1
	}
	var out []samples
	for first := 0; first < logits.N; first += size {
		s := samples{first: first, end: first + size}
		o := overlapOf(part(s, logits), part(s, target))
		s.sums = Region{Both: o.both, Predicted: o.p, True: o.t, Pixels: o.pixels}
		if o.pixels > 0 {
			out = append(out, s)
		}
	}
	return out
}
