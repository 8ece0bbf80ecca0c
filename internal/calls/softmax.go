package calls

import (
	"math"
	"slices"

	"r2unet/internal/device"
	"r2unet/internal/onnx"
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

func (c *Softmax) ONNX(g *onnx.Graph) {
	g.Let(c.P.Name, g.Node("Softmax", present(c.Logits), onnx.Int("axis", 1)))
}

func softmaxAll[T device.Float](c *Softmax, at device.Values[T]) {
	logits, out := at.Features(c.Logits), at.Features(c.P)
	pixel := NewClassPixel(logits.C)
	for n := range logits.N {
		for i := range logits.H * logits.W {
			classify(pixel, logits, n, i)
			for k, p := range pixel.P {
				out.Plane(n, k)[i] = T(p)
			}
		}
	}
}

// ClassPixel is a pixel with K logits and, after Softmax, their probabilities.
type ClassPixel struct {
	Logit, P []float64
	Log      float64 // of Σ exp(Logit), so that log P_k = Logit_k − Log
}

// NewClassPixel returns a pixel of so many classes.
func NewClassPixel(classes int) *ClassPixel {
	return &ClassPixel{Logit: make([]float64, classes), P: make([]float64, classes)}
}

// Softmax sets P and Log from the logits.
func (x *ClassPixel) Softmax() {
	most := slices.Max(x.Logit)
	sum := 0.0
	for k, z := range x.Logit {
		x.P[k] = math.Exp(z - most) // without overflow
		sum += x.P[k]
	}
	for k := range x.P {
		x.P[k] /= sum
	}
	x.Log = most + math.Log(sum)
}

// Best returns the class of the largest logit, the first of equal ones.
func (x *ClassPixel) Best() (best int) {
	for k, z := range x.Logit {
		if z > x.Logit[best] {
			best = k
		}
	}
	return best
}

// SquaredError returns Σ_k (P_k − [k = truth])².
func (x *ClassPixel) SquaredError(truth int) (sum float64) {
	for k, p := range x.P {
		if k == truth {
			p--
		}
		sum += p * p
	}
	return sum
}

// PixelGradient calls set with the derivative of a function of log P_truth with respect to each logit, from its slope.
func (x *ClassPixel) PixelGradient(truth int, slope float64, set func(k int, d float64)) {
	for k, p := range x.P { // ∂ log P_truth / ∂ Logit_k = [k = truth] − P_k
		if k == truth {
			set(k, slope*(1-p))
		} else {
			set(k, -slope*p)
		}
	}
}

// RegionGradient calls set with the derivative of a loss with respect to each logit, from its derivatives with respect
// to the sums Both and Predicted of each class, times share.
func (x *ClassPixel) RegionGradient(truth int, both, predicted []float64, share float64, set func(k int, d float64)) {
	slope := func(k int) float64 { // with respect to P_k
		if k == truth {
			return both[k] + predicted[k]
		}
		return predicted[k]
	}
	mean := 0.0
	for k, p := range x.P {
		mean += p * slope(k)
	}
	for k, p := range x.P { // ∂P_j / ∂Logit_k = P_j·([j = k] − P_k)
		set(k, share*p*(slope(k)-mean))
	}
}

// classify sets the pixel to position i of sample n.
func classify[T device.Float](pixel *ClassPixel, logits device.Map[T], n, i int) {
	area := logits.H * logits.W
	first := n*logits.Sample + i
	for k := range pixel.Logit {
		pixel.Logit[k] = float64(logits.Data[first+k*area])
	}
	pixel.Softmax()
}

// eachClassified visits every pixel that is not ignored, and returns their number. The visitor must not keep the
// pixel. A target is a class, 0 … K−1, or −1 for an ignored pixel.
func eachClassified[T device.Float](
	logits, target device.Map[T], visit func(n, i, truth int, pixel *ClassPixel),
) (count int) {
	pixel := NewClassPixel(logits.C)
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
