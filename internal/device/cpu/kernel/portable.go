package kernel

import "math"

// inside returns row h of an operand without its border.
func (r Rows) inside(x []float32, h int) []float32 {
	return x[h*r.Stride()+r.Block:][:r.Pixels*r.Block]
}

// clearBorder writes the border at the left and right of row h.
func (r Rows) clearBorder(x []float32, h int) {
	row := x[h*r.Stride():][:r.Stride()]
	clear(row[:r.Block])
	clear(row[len(row)-r.Block:])
}

// twice returns the part of a map of twice the resolution that corresponds to r.
func (r Rows) twice() Rows { return Rows{2 * r.Count, 2 * r.Pixels, r.Block} }

// value is the activation of an argument in channel c.
func (a *Affine) value(u float32, c int) float32 {
	if a.Leaky {
		return max(u, u*a.Below[c])
	}
	return max(u, 0)
}

// passed is the gradient d of an activation with respect to its argument u in channel c.
func (g *NormGrad) passed(u, d float32, c int) float32 {
	switch {
	case u > 0:
		return d
	case g.Leaky:
		return d * g.Below[c]
	}
	return 0
}

func activate(y, z, residual []float32, a *Affine, r Rows) {
	for h := range r.Count {
		out, in := r.inside(y, h), r.inside(z, h)
		if residual == nil {
			for i, v := range in {
				c := i % r.Block
				out[i] = a.value((v-a.Mean[c])*a.Scale[c]+a.Shift[c], c)
			}
		} else {
			rest := r.inside(residual, h)
			for i, v := range in {
				c := i % r.Block
				out[i] = a.value((v-a.Mean[c])*a.Scale[c]+a.Shift[c], c) + rest[i]
			}
		}
		r.clearBorder(y, h)
	}
}

func gradSums(sums *Sums, z, dy []float32, g *NormGrad, r Rows) {
	*sums = Sums{}
	for h := range r.Count {
		d := r.inside(dy, h)
		for i, v := range r.inside(z, h) {
			c := i % r.Block
			v -= g.Mean[c]
			passed := g.passed(v*g.Scale[c]+g.Shift[c], d[i], c)
			sums[0][c] += float64(passed)
			sums[1][c] += float64(passed * v)
		}
	}
}

func activateGrad(dz, z, dy, acc []float32, g *NormGrad, r Rows) {
	for h := range r.Count {
		out, in, d := r.inside(dz, h), r.inside(z, h), r.inside(dy, h)
		var before []float32
		if acc != nil {
			before = r.inside(acc, h)
		}
		for i, v := range in {
			c := i % r.Block
			v -= g.Mean[c]
			gradient := g.Slope[c]*v + g.Offset[c] + g.passed(v*g.Scale[c]+g.Shift[c], d[i], c)
			gradient *= g.Direct[c]
			if before != nil {
				gradient += before[i]
			}
			out[i] = gradient
		}
		r.clearBorder(dz, h)
	}
}

func add(y, a, b []float32, r Rows) {
	for h := range r.Count {
		out, left, right := r.inside(y, h), r.inside(a, h), r.inside(b, h)
		for i, v := range left {
			out[i] = v + right[i]
		}
		r.clearBorder(y, h)
	}
}

func moments(sums *Sums, x []float32, pivot *Channels, r Rows) {
	*sums = Sums{}
	for h := range r.Count {
		for i, v := range r.inside(x, h) {
			c := i % r.Block
			v -= pivot[c]
			sums[0][c] += float64(v)
			sums[1][c] += float64(v * v)
		}
	}
}

func maxPool(y, x []float32, r Rows) {
	double := r.twice()
	for h := range r.Count {
		out, upper, lower := r.inside(y, h), double.inside(x, 2*h), double.inside(x, 2*h+1)
		for i := range out {
			left := i/r.Block*2*r.Block + i%r.Block
			right := left + r.Block
			out[i] = max(upper[left], upper[right], lower[left], lower[right])
		}
		r.clearBorder(y, h)
	}
}

func maxPoolGrad(dx, x, dy, acc []float32, r Rows) {
	double := r.twice()
	for h := range r.Count {
		d := r.inside(dy, h)
		in := [2][]float32{double.inside(x, 2*h), double.inside(x, 2*h+1)}
		out := [2][]float32{double.inside(dx, 2*h), double.inside(dx, 2*h+1)}
		for row := range out {
			if acc == nil {
				clear(out[row])
			} else {
				copy(out[row], double.inside(acc, 2*h+row))
			}
			double.clearBorder(dx, 2*h+row)
		}
		for i, v := range d {
			left := i/r.Block*2*r.Block + i%r.Block
			row, best := 0, left
			for _, candidate := range [3][2]int{{0, left + r.Block}, {1, left}, {1, left + r.Block}} {
				if in[candidate[0]][candidate[1]] > in[row][best] {
					row, best = candidate[0], candidate[1]
				}
			}
			out[row][best] += v
		}
	}
}

func adam(param, grad, m, v []float32, a *AdamStep) {
	for i, g := range grad {
		m[i] = a.Beta1*m[i] + a.Rest1*g
		v[i] = a.Beta2*v[i] + a.Rest2*g*g
		param[i] -= a.Rate * m[i] / (float32(math.Sqrt(float64(v[i])))*a.Root + a.Epsilon)
	}
}
