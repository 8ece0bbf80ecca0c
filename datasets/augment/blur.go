package augment

import "math"

// blur is a Gaussian filter of a standard deviation in px, cut off at four deviations. As in torchvision's
// gaussian_blur, the kernel is sampled at whole pixels and pixels beyond the border are mirrored without repeating
// it.
type blur float64

func (sigma blur) shade(pixels []float32, channels, h, w int) {
	kernel := sigma.kernel()
	if len(kernel) == 1 {
		return
	}
	rows := make([]float64, h*w)
	for c := range channels {
		plane := pixels[c*h*w : (c+1)*h*w]
		for y := range h {
			for x := range w {
				sum := kernel[0] * float64(plane[y*w+x])
				for k := 1; k < len(kernel); k++ {
					sum += kernel[k] * (float64(plane[y*w+mirror(x-k, w)]) + float64(plane[y*w+mirror(x+k, w)]))
				}
				rows[y*w+x] = sum
			}
		}
		for y := range h {
			for x := range w {
				sum := kernel[0] * rows[y*w+x]
				for k := 1; k < len(kernel); k++ {
					sum += kernel[k] * (rows[mirror(y-k, h)*w+x] + rows[mirror(y+k, h)*w+x])
				}
				plane[y*w+x] = float32(sum)
			}
		}
	}
}

// kernel returns the weights of the pixel itself and of its neighbours on one side. All of them, and those on the
// other side, sum to 1.
func (sigma blur) kernel() []float64 {
	kernel := make([]float64, int(4*float64(sigma)+0.5)+1)
	sum := 0.0
	for k := range kernel {
		kernel[k] = 1
		if k > 0 {
			u := float64(k) / float64(sigma)
			kernel[k] = math.Exp(-0.5 * u * u)
			sum += kernel[k]
		}
		sum += kernel[k]
	}
	for k := range kernel {
		kernel[k] /= sum
	}
	return kernel
}
