package kernel

import "math"

func elu(out, u []float32) {
	for i, v := range u {
		if !(v > 0) {
			v = float32(math.Expm1(float64(v)))
		}
		out[i] = v
	}
}

func eluGrad(out, u, d []float32) {
	for i, v := range u {
		g := d[i]
		if !(v > 0) {
			g *= float32(math.Exp(float64(v)))
		}
		out[i] = g
	}
}

func silu(out, u []float32) {
	for i, v := range u {
		p, _ := probability(v)
		out[i] = float32(float64(v) * p)
	}
}

func siluGrad(out, u, d []float32) {
	for i, v := range u {
		p, _ := probability(v)
		out[i] = d[i] * float32(p*(1+float64(v)*(1-p)))
	}
}
