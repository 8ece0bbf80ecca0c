package ref

import "r2unet/internal/device"

func conv[T Float](c *device.Conv, at Memory[T]) {
	x, w, bias := at.features(c.X), at.plain(c.W), at.plain(c.Bias)
	addend, residual := at.features(c.Addend), at.features(c.Residual)
	z, y := at.features(c.Z), at.features(c.Y)
	if !z.present() {
		z = y // the raw result is not wanted: y is computed from it in place, after the residual was set aside
		if residual.present() {
			residual = residual.clone()
		}
	}
	k := c.W.Shape[2]
	sum := make([]float64, z.h*z.w)
	for n := range z.n {
		for o := range z.c {
			for i := range sum {
				sum[i] = 0
				if bias != nil {
					sum[i] = float64(bias[o])
				}
				if addend.present() {
					sum[i] += float64(addend.plane(n, o)[i])
				}
			}
			for i := range x.c {
				for u := range k {
					for v := range k {
						accumulateShifted(sum, x, n, i, u-k/2, v-k/2, w[((o*x.c+i)*k+u)*k+v])
					}
				}
			}
			for i, v := range sum {
				z.plane(n, o)[i] = T(v)
			}
		}
	}
	if c.Stats != nil {
		batchStats(z, at.plain(c.Stats))
	}
	if y.present() {
		activate(z, at.norm(c.Norm), residual, y)
	}
}

// accumulateShifted is to[h, w] += weight · from[n, c, h+dh, w+dw] wherever the source is inside; `to` is a plane of from's size.
func accumulateShifted[T Float](to []float64, from features[T], n, c, dh, dw int, weight T) {
	first, last := max(0, -dw), min(from.w, from.w-dw)
	for h := max(0, -dh); h < min(from.h, from.h-dh); h++ {
		out, in := to[h*from.w:][:from.w], from.row(n, c, h+dh)
		for w := first; w < last; w++ {
			out[w] += float64(weight) * float64(in[w+dw])
		}
	}
}

func convGradData[T Float](c *device.ConvGradData, at Memory[T]) {
	dz, w, dx := at.features(c.DZ), at.plain(c.W), at.features(c.DX)
	k := c.W.Shape[2]
	acc := at.features(c.Acc)
	sum := make([]float64, dx.h*dx.w)
	for n := range dx.n {
		for i := range dx.c {
			clear(sum)
			for o := range dz.c {
				for u := range k {
					for v := range k {
						accumulateShifted(sum, dz, n, o, k/2-u, k/2-v, w[((o*dx.c+i)*k+u)*k+v])
					}
				}
			}
			for e, v := range sum {
				if acc.present() {
					v += float64(acc.plane(n, i)[e])
				}
				dx.plane(n, i)[e] = T(v)
			}
		}
	}
}

func convGradWeight[T Float](c *device.ConvGradWeight, at Memory[T]) {
	dz, x, acc, dw := at.features(c.DZ), at.features(c.X), at.plain(c.Acc), at.plain(c.DW)
	k := c.DW.Shape[2]
	for o := range dz.c {
		for i := range x.c {
			for u := range k {
				for v := range k {
					e := ((o*x.c+i)*k+u)*k + v
					sum := 0.0
					for n := range x.n {
						sum += correlate(dz, x, n, o, i, u-k/2, v-k/2)
					}
					if acc != nil {
						sum += float64(acc[e])
					}
					dw[e] = T(sum)
				}
			}
		}
	}
}

// correlate is Σ a[n, ca, h, w] · b[n, cb, h+dh, w+dw] over all places where both are inside.
func correlate[T Float](a, b features[T], n, ca, cb, dh, dw int) float64 {
	first, last := max(0, -dw), min(a.w, b.w-dw)
	sum := 0.0
	for h := max(0, -dh); h < min(a.h, b.h-dh); h++ {
		ra, rb := a.row(n, ca, h), b.row(n, cb, h+dh)
		for w := first; w < last; w++ {
			sum += float64(ra[w]) * float64(rb[w+dw])
		}
	}
	return sum
}

// start sets a gradient to what has been accumulated so far, or to zero.
func start[T Float](to, acc features[T]) {
	for n := range to.n {
		for c := range to.c {
			if acc.present() {
				copy(to.plane(n, c), acc.plane(n, c))
			} else {
				clear(to.plane(n, c))
			}
		}
	}
}

func (f features[T]) clone() features[T] {
	out := features[T]{make([]T, f.n*f.c*f.h*f.w), f.n, f.c, f.h, f.w, f.c * f.h * f.w}
	start(out, f)
	return out
}
