package augment

import "math"

// gamma raises intensities to a power, as torchvision's adjust_gamma does: below 1 dark parts become lighter.
type gamma float64

func (g gamma) shade(pixels []float32, _, _, _ int) {
	for i, v := range pixels {
		pixels[i] = clamp(math.Pow(float64(clamp(float64(v))), float64(g)))
	}
}
