package calls

import "r2unet/internal/device"

// CLDice is the soft clDice loss (Shit et al. 2021): with S the soft skeleton after Iterations erosions, p the
// probabilities, t the truth, and sums over the whole batch,
//
//	precision = (Σ S(p)·t + Smooth)/(Σ S(p) + Smooth), sensitivity = (Σ S(t)·p + Smooth)/(Σ S(t) + Smooth),
//	Loss = 1 − 2·precision·sensitivity/(precision + sensitivity).
//
// Logits and Target are [N, 1, H, W], Target is in {0, 1} or −1 for an ignored pixel, in which p and t are 0; Loss is a
// scalar.
type CLDice struct {
	Iterations           int
	Smooth               float64
	Logits, Target, Loss *device.Tensor
}

func (*CLDice) Name() string { return "clDice loss" }

func (c *CLDice) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.Logits), device.Input(&c.Target), device.Output(&c.Loss)}
}

func (*CLDice) Traits() device.Traits { return device.Traits{} }

func (c *CLDice) Definition() device.Definition {
	return device.Define(c, clDice[float32], clDice[float64])
}

func clDice[T device.Float](c *CLDice, at device.Values[T]) {
	var s centrelines
	logits, target := at.Features(c.Logits), at.Features(c.Target)
	for n := range logits.N {
		s.add(newThinned(logits, target, n, c.Iterations))
	}
	precision, sensitivity := s.rates(c.Smooth)
	at.Plain(c.Loss)[0] = T(1 - 2*precision*sensitivity/(precision+sensitivity))
}

// CLDiceGrad is the gradient of CLDice with respect to the logits, times Grad, the scalar gradient with respect to the
// loss; a nil Grad means 1.
type CLDiceGrad struct {
	Iterations                    int
	Smooth                        float64
	Logits, Target, Grad, DLogits *device.Tensor
}

func (*CLDiceGrad) Name() string { return "clDice loss gradient" }

func (c *CLDiceGrad) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Logits), device.Input(&c.Target), device.Input(&c.Grad), device.Output(&c.DLogits),
	}
}

func (*CLDiceGrad) Traits() device.Traits { return device.Traits{Backward: true} }

func (c *CLDiceGrad) Definition() device.Definition {
	return device.Define(c, clDiceGrad[float32], clDiceGrad[float64])
}

func clDiceGrad[T device.Float](c *CLDiceGrad, at device.Values[T]) {
	logits, target, out := at.Features(c.Logits), at.Features(c.Target), at.Features(c.DLogits)
	var s centrelines
	for n := range logits.N {
		s.add(newThinned(logits, target, n, c.Iterations))
	}
	precision, sensitivity := s.rates(c.Smooth)
	grad, both := given(at, c.Grad), (precision+sensitivity)*(precision+sensitivity)
	byPrecision := -2 * grad * sensitivity * sensitivity / both / (s.predicted + c.Smooth)
	bySensitivity := -2 * grad * precision * precision / both / (s.truth + c.Smooth)
	for n := range logits.N {
		t := newThinned(logits, target, n, c.Iterations)
		d := make([]float64, len(t.p))
		for i, truth := range t.t {
			d[i] = byPrecision * (truth - precision)
		}
		d = t.predicted.gradient(d)
		marks, to := target.Plane(n, 0), out.Plane(n, 0)
		for i, p := range t.p {
			to[i] = 0
			if marks[i] >= 0 {
				to[i] = T((d[i] + bySensitivity*t.truth.values()[i]) * p * (1 - p))
			}
		}
	}
}

// thinned is an image of a batch: probabilities and truth with their skeletons.
type thinned struct {
	p, t             []float64
	predicted, truth *skeleton
}

func newThinned[T device.Float](logits, target device.Map[T], n, iterations int) thinned {
	var p, t []float64
	truth := target.Plane(n, 0)
	for i, z := range logits.Plane(n, 0) {
		if truth[i] < 0 {
			p, t = append(p, 0), append(t, 0)
		} else {
			p, t = append(p, sigmoid(float64(z))), append(t, float64(truth[i]))
		}
	}
	h, w := logits.H, logits.W
	return thinned{p, t, newSkeleton(p, h, w, iterations), newSkeleton(t, h, w, iterations)}
}

// centrelines are the sums of clDice: of both skeletons, of the predicted one in the truth, and of the true one times
// the probabilities.
type centrelines struct{ predicted, truth, right, found float64 }

func (s *centrelines) add(t thinned) {
	truth := t.truth.values()
	for i, v := range t.predicted.values() {
		s.predicted += v
		s.right += v * t.t[i]
		s.truth += truth[i]
		s.found += truth[i] * t.p[i]
	}
}

func (s *centrelines) rates(smooth float64) (precision, sensitivity float64) {
	return (s.right + smooth) / (s.predicted + smooth), (s.found + smooth) / (s.truth + smooth)
}
