package calls

import "r2unet/internal/device"

// A target below 0 says that its pixel is ignored: outside of the field of view, or of a class that does not count.
// Such a pixel has no loss and no gradient, stands in no sum, and means are over the others.

// eachPixel visits the pixels that count, and returns their number.
func eachPixel[T device.Float](logits, target device.Map[T], visit func(z, t float64)) (count int) {
	for n := range logits.N {
		truth := target.Plane(n, 0)
		for i, z := range logits.Plane(n, 0) {
			if t := float64(truth[i]); t >= 0 {
				visit(float64(z), t)
				count++
			}
		}
	}
	return count
}

// setPixels sets each pixel of out to a function of its logit and truth, and those that are ignored to 0.
func setPixels[T device.Float](logits, target, out device.Map[T], f func(z, t float64) float64) {
	for n := range logits.N {
		t, d := target.Plane(n, 0), out.Plane(n, 0)
		for i, z := range logits.Plane(n, 0) {
			d[i] = 0
			if t[i] >= 0 {
				d[i] = T(f(float64(z), float64(t[i])))
			}
		}
	}
}

// truths are the numbers of pixels that count.
type truths struct{ positives, negatives float64 }

func truthsOf[T device.Float](target device.Map[T]) (s truths) {
	for n := range target.N {
		for _, t := range target.Plane(n, 0) {
			switch {
			case t > 0.5:
				s.positives++
			case t >= 0:
				s.negatives++
			}
		}
	}
	return s
}

// pixels returns the number by which a mean divides, which is 1 if no pixel counts.
func (s truths) pixels() float64 { return max(s.positives+s.negatives, 1) }
