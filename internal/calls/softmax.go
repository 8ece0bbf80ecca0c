package calls

import (
	"math"

	"r2unet/internal/device"
)

// Softmax is the probability of each of K classes, P_k = exp(Logits_k)/Σ_j exp(Logits_j), over the channels of each
// pixel: Logits and P [N, K, H, W].
type Softmax struct{ Logits, P *device.Tensor }

func (*Softmax) Name() string { return "softmax" }

func (c *Softmax) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Logits), device.Output(&c.P)}
}

func (*Softmax) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *Softmax) Definition() device.Definition {
	return device.Define(c, softmaxAll[float32], softmaxAll[float64])
}

func softmaxAll[T device.Float](c *Softmax, at device.Values[T]) {
	logits, out := at.Features(c.Logits), at.Features(c.P)
	pixel := newClassPixel(logits.C)
	for n := range logits.N {
		for i := range logits.H * logits.W {
			classify(pixel, logits, n, i)
			for k, p := range pixel.p {
				out.Plane(n, k)[i] = T(p)
			}
		}
	}
}

// classPixel is a pixel with K logits.
type classPixel struct {
	logit, p []float64
	log      float64 // of Σ exp(logit), so that log p_k = logit_k − log
}

func newClassPixel(classes int) *classPixel {
	return &classPixel{logit: make([]float64, classes), p: make([]float64, classes)}
}

// classify sets the pixel to position i of sample n.
func classify[T device.Float](pixel *classPixel, logits device.Map[T], n, i int) {
	area := logits.H * logits.W
	first := n*logits.Sample + i
	most := math.Inf(-1)
	for k := range pixel.logit {
		pixel.logit[k] = float64(logits.Data[first+k*area])
		most = max(most, pixel.logit[k])
	}
	sum := 0.0
	for k, z := range pixel.logit {
		pixel.p[k] = math.Exp(z - most) // without overflow
		sum += pixel.p[k]
	}
	for k := range pixel.p {
		pixel.p[k] /= sum
	}
	pixel.log = most + math.Log(sum)
}

// eachClassified visits every pixel that is not ignored, and returns their number. The visitor must not keep the
// pixel. A target is a class, 0 … K−1, or −1 for an ignored pixel.
func eachClassified[T device.Float](
	logits, target device.Map[T], visit func(n, i, truth int, pixel *classPixel),
) (count int) {
	pixel := newClassPixel(logits.C)
	for n := range logits.N {
		for i, t := range target.Plane(n, 0) {
			if t < 0 {
				continue
			}
			classify(pixel, logits, n, i)
			visit(n, i, int(t), pixel)
			count++
		}
	}
	return count
}

// counted returns how many pixels of a target are not ignored.
func counted[T device.Float](target device.Map[T]) (count int) {
	for n := range target.N {
		for _, t := range target.Plane(n, 0) {
			if t >= 0 {
				count++
			}
		}
	}
	return count
}
