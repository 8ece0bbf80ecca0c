package ref

import "r2unet/internal/device"

func upConv[T Float](c *device.UpConv, at Memory[T]) {
	x, w, bias, y := at.features(c.X), at.plain(c.W), at.plain(c.Bias), at.features(c.Y)
	for n := range y.n {
		for o := range y.c {
			for h := range y.h {
				out := y.row(n, o, h)
				for i := range out {
					out[i] = 0
					if bias != nil {
						out[i] = bias[o]
					}
				}
				for i := range x.c {
					in, tap := x.row(n, i, h/2), w[((i*y.c+o)*2+h%2)*2:]
					for j := range out {
						out[j] += tap[j%2] * in[j/2]
					}
				}
			}
		}
	}
}

func upConvGradData[T Float](c *device.UpConvGradData, at Memory[T]) {
	dy, w, dx := at.features(c.DY), at.plain(c.W), at.features(c.DX)
	start(dx, at.features(c.Acc))
	for n := range dx.n {
		for i := range dx.c {
			for o := range dy.c {
				for h := range dy.h {
					in, out, tap := dy.row(n, o, h), dx.row(n, i, h/2), w[((i*dy.c+o)*2+h%2)*2:]
					for j := range in {
						out[j/2] += tap[j%2] * in[j]
					}
				}
			}
		}
	}
}

func upConvGradWeight[T Float](c *device.UpConvGradWeight, at Memory[T]) {
	dy, x, acc, dw := at.features(c.DY), at.features(c.X), at.plain(c.Acc), at.plain(c.DW)
	for i := range x.c {
		for o := range dy.c {
			var sum [4]float64
			for n := range x.n {
				for h := range dy.h {
					in, out := x.row(n, i, h/2), dy.row(n, o, h)
					for j := range out {
						sum[h%2*2+j%2] += float64(in[j/2]) * float64(out[j])
					}
				}
			}
			for tap, s := range sum {
				e := (i*dy.c+o)*4 + tap
				if acc != nil {
					s += float64(acc[e])
				}
				dw[e] = T(s)
			}
		}
	}
}
