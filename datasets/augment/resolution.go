package augment

import "math"

// lowResolution simulates a coarser camera, as nnU-Net's SimulateLowResolutionTransform does: the sides shrink to a
// share above 0 by taking the nearest pixels, and are enlarged again bilinearly. PyTorch calls the two
// "nearest-exact" and "bilinear".
type lowResolution float64

func (share lowResolution) shade(pixels []float32, channels, h, w int) {
	sh := max(1, int(math.RoundToEven(float64(share)*float64(h))))
	sw := max(1, int(math.RoundToEven(float64(share)*float64(w))))
	if sh == h && sw == w {
		return
	}
	small := make([]float64, sh*sw)
	for c := range channels {
		plane := pixels[c*h*w : (c+1)*h*w]
		for y := range sh {
			for x := range sw {
				small[y*sw+x] = float64(plane[nearest(y, sh, h)*w+nearest(x, sw, w)])
			}
		}
		for y := range h {
			y0, y1, b := linear(y, h, sh)
			for x := range w {
				x0, x1, a := linear(x, w, sw)
				top := (1-a)*small[y0*sw+x0] + a*small[y0*sw+x1]
				bottom := (1-a)*small[y1*sw+x0] + a*small[y1*sw+x1]
				plane[y*w+x] = float32((1-b)*top + b*bottom)
			}
		}
	}
}

// nearest returns the pixel of a side of to px whose centre is nearest to that of pixel i of a side of from px.
func nearest(i, from, to int) int {
	return min((2*i+1)*to/(2*from), to-1)
}

// linear returns the two pixels of a side of to px that pixel i of a side of from px lies between, and how far it is
// towards the second. Beyond the outermost centres it is the outermost pixel.
func linear(i, from, to int) (low, high int, share float64) {
	at := max((float64(i)+0.5)*float64(to)/float64(from)-0.5, 0)
	low = min(int(at), to-1)
	return low, min(low+1, to-1), at - float64(low)
}
