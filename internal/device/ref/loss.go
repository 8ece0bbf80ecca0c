package ref

import (
	"math"

	"r2unet/internal/device"
)

// sigmoid is 1/(1 + e^−z), without overflow.
func sigmoid(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

// overlap is what the Dice loss needs: Σ p·t, Σ p and Σ t over the batch.
type overlap struct{ both, p, t float64 }

func eachPixel[T Float](logits, target features[T], visit func(z, t float64)) {
	for n := range logits.n {
		t := target.plane(n, 0)
		for i, z := range logits.plane(n, 0) {
			visit(float64(z), float64(t[i]))
		}
	}
}

func overlapOf[T Float](logits, target features[T]) (o overlap) {
	eachPixel(logits, target, func(z, t float64) {
		p := sigmoid(z)
		o.both += p * t
		o.p += p
		o.t += t
	})
	return o
}

func loss[T Float](logits, target features[T], weights device.LossWeights) float64 {
	total := 0.0
	if weights.BCE != 0 {
		sum := 0.0
		eachPixel(logits, target, func(z, t float64) { // −t·log p − (1−t)·log(1−p), from the logit
			sum += max(z, 0) - z*t + math.Log1p(math.Exp(-math.Abs(z)))
		})
		total += weights.BCE * sum / float64(logits.n*logits.h*logits.w)
	}
	if weights.Dice != 0 {
		o := overlapOf(logits, target)
		total += weights.Dice * (1 - (2*o.both+1)/(o.p+o.t+1))
	}
	return total
}

func lossGrad[T Float](c *device.LossGrad, at Memory[T]) {
	logits, target, out := at.features(c.Logits), at.features(c.Target), at.features(c.DLogits)
	bce := c.Weights.BCE / float64(logits.n*logits.h*logits.w)
	var o overlap
	if c.Weights.Dice != 0 {
		o = overlapOf(logits, target)
	}
	size := o.p + o.t + 1
	for n := range logits.n {
		t, d := target.plane(n, 0), out.plane(n, 0)
		for i, z := range logits.plane(n, 0) {
			p, truth := sigmoid(float64(z)), float64(t[i])
			dice := c.Weights.Dice * ((2*o.both+1)/(size*size) - 2*truth/size) * p * (1 - p)
			d[i] = T(bce*(p-truth) + dice)
		}
	}
}

func scores[T Float](c *device.Scores, at Memory[T]) {
	logits, target, out := at.features(c.Logits), at.features(c.Target), at.plain(c.Scores)
	var squares, right float64
	eachPixel(logits, target, func(z, t float64) {
		p := sigmoid(z)
		squares += (p - t) * (p - t)
		if (z > 0) == (t > 0.5) {
			right++
		}
	})
	count := float64(logits.n * logits.h * logits.w)
	out[0], out[1] = T(squares/count), T(right/count)
}

func sigmoidAll[T Float](c *device.Sigmoid, at Memory[T]) {
	logits, p := at.features(c.Logits), at.features(c.P)
	for n := range logits.n {
		for ch := range logits.c {
			out := p.plane(n, ch)
			for i, z := range logits.plane(n, ch) {
				out[i] = T(sigmoid(float64(z)))
			}
		}
	}
}
