package augment

// brightnessFactor multiplies intensities, as torchvision's adjust_brightness and nnU-Net's multiplicative brightness
// do.
type brightnessFactor float64

func (f brightnessFactor) shade(pixels []float32, _, _, _ int) {
	for i, v := range pixels {
		pixels[i] = clamp(float64(v) * float64(f))
	}
}

// contrastFactor multiplies the distance of intensities from their mean, as torchvision's adjust_contrast does: from
// the mean luminance of an RGB sample, otherwise from that of each channel.
type contrastFactor float64

func (f contrastFactor) shade(pixels []float32, channels, h, w int) {
	n := h * w
	if channels == 3 {
		sum := 0.0
		for i := range n {
			sum += luminance(pixels, n, i)
		}
		blend(pixels, sum/float64(n), float64(f))
		return
	}
	for c := range channels {
		plane, sum := pixels[c*n:(c+1)*n], 0.0
		for _, v := range plane {
			sum += float64(v)
		}
		blend(plane, sum/float64(n), float64(f))
	}
}

// blend moves values away from another one by a factor, or towards it if the factor is below 1.
func blend(pixels []float32, from, factor float64) {
	for i, v := range pixels {
		pixels[i] = clamp(factor*float64(v) + (1-factor)*from)
	}
}

// luminance is that of torchvision's rgb_to_grayscale. n is the number of pixels in a plane.
func luminance(pixels []float32, n, i int) float64 {
	return 0.2989*float64(pixels[i]) + 0.587*float64(pixels[n+i]) + 0.114*float64(pixels[2*n+i])
}

// clamp keeps an intensity within 0 and 1.
func clamp(v float64) float32 { return float32(min(max(v, 0), 1)) }
