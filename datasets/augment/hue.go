package augment

import "math"

// saturation multiplies the distance of RGB from the pixel's luminance, as torchvision's adjust_saturation does.
type saturation float64

func (f saturation) shade(pixels []float32, _, h, w int) {
	n := h * w
	for i := range n {
		grey := luminance(pixels, n, i)
		for _, at := range [3]int{i, n + i, 2*n + i} {
			pixels[at] = clamp(float64(f)*float64(pixels[at]) + (1-float64(f))*grey)
		}
	}
}

// hue turns the hue of RGB by a part of the colour circle, as torchvision's adjust_hue does.
type hue float64

func (f hue) shade(pixels []float32, _, h, w int) {
	n := h * w
	for i := range n {
		turn, s, v := toHSV(float64(pixels[i]), float64(pixels[n+i]), float64(pixels[2*n+i]))
		turn += float64(f)
		r, g, b := fromHSV(turn-math.Floor(turn), s, v)
		pixels[i], pixels[n+i], pixels[2*n+i] = clamp(r), clamp(g), clamp(b)
	}
}

// toHSV converts RGB of 0–1 to hue, saturation and value of 0–1 (Smith 1978).
func toHSV(r, g, b float64) (h, s, v float64) {
	v = max(r, g, b)
	span := v - min(r, g, b)
	if span == 0 {
		return 0, 0, v
	}
	switch v {
	case r:
		h = (g - b) / span
	case g:
		h = 2 + (b-r)/span
	default:
		h = 4 + (r-g)/span
	}
	if h < 0 {
		h += 6
	}
	return h / 6, span / v, v
}

// fromHSV is the inverse of toHSV.
func fromHSV(h, s, v float64) (r, g, b float64) {
	sector := math.Floor(h * 6)
	f := h*6 - sector
	p, q, t := v*(1-s), v*(1-s*f), v*(1-s*(1-f))
	switch int(sector) % 6 {
	case 0:
		return v, t, p
	case 1:
		return q, v, p
	case 2:
		return p, v, t
	case 3:
		return p, q, v
	case 4:
		return t, p, v
	}
	return v, p, q
}
