package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// UpConv is the 2×2 transposed convolution with stride 2: X [N, I, H, W], W [I, O, 2, 2], Bias [O], Y [N, O, 2H, 2W].
type UpConv struct{ X, W, Bias, Y *device.Tensor }

func (*UpConv) Name() string { return "up-conv 2x2" }

func (c *UpConv) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.X),
		device.Input(&c.W),
		device.Input(&c.Bias),
		device.Output(&c.Y),
	}
}

func (c *UpConv) Traits() device.Traits {
	return device.Traits{FLOPs: convFLOPs(c.X, c.W), Reach: device.Reach{Radius: 1, Shrink: 1, Grow: 2}}
}

func (c *UpConv) Definition() device.Definition {
	return device.Define(c, upConv[float32], upConv[float64])
}

func (c *UpConv) ONNX(g *onnx.Graph) {
	g.Let(c.Y.Name, g.Node("ConvTranspose", present(c.X, c.W, c.Bias),
		onnx.Ints("kernel_shape", 2, 2), onnx.Ints("strides", 2, 2)))
}

func upConv[T device.Float](c *UpConv, at device.Values[T]) {
	x, w, bias, y := at.Features(c.X), at.Plain(c.W), at.Plain(c.Bias), at.Features(c.Y)
	for n := range y.N {
		for o := range y.C {
			for h := range y.H {
				out := y.Row(n, o, h)
				for i := range out {
					out[i] = 0
					if bias != nil {
						out[i] = bias[o]
					}
				}
				for i := range x.C {
					in, tap := x.Row(n, i, h/2), w[((i*y.C+o)*2+h%2)*2:]
					for j := range out {
						out[j] += tap[j%2] * in[j/2]
					}
				}
			}
		}
	}
}

// UpConvGradData is the data gradient of UpConv: DX = Acc + W * DY with stride 2. DY [N, O, 2H, 2W], DX [N, I, H, W].
type UpConvGradData struct{ DY, W, Acc, DX *device.Tensor }

func (*UpConvGradData) Name() string { return "up-conv 2x2 data gradient" }

func (c *UpConvGradData) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.DY),
		device.Input(&c.W),
		device.Donor(&c.Acc),
		device.Output(&c.DX),
	}
}

func (c *UpConvGradData) Traits() device.Traits {
	return device.Traits{FLOPs: convFLOPs(c.DX, c.W), Reach: device.Reach{Radius: 1, Shrink: 2, Grow: 1}}
}

func (c *UpConvGradData) Definition() device.Definition {
	return device.Define(c, upConvGradData[float32], upConvGradData[float64])
}

func upConvGradData[T device.Float](c *UpConvGradData, at device.Values[T]) {
	dy, w, dx := at.Features(c.DY), at.Plain(c.W), at.Features(c.DX)
	dx.Set(at.Features(c.Acc))
	for n := range dx.N {
		for i := range dx.C {
			for o := range dy.C {
				for h := range dy.H {
					in, out, tap := dy.Row(n, o, h), dx.Row(n, i, h/2), w[((i*dy.C+o)*2+h%2)*2:]
					for j := range in {
						out[j/2] += tap[j%2] * in[j]
					}
				}
			}
		}
	}
}

// UpConvGradWeight is the weight gradient of UpConv: DW[i, o, u, v] = Acc + Σ X[n, i, h, w]·DY[n, o, 2h+u, 2w+v].
type UpConvGradWeight struct{ DY, X, Acc, DW *device.Tensor }

func (*UpConvGradWeight) Name() string { return "up-conv 2x2 weight gradient" }

func (c *UpConvGradWeight) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.DY),
		device.Input(&c.X),
		device.Donor(&c.Acc),
		device.Output(&c.DW),
	}
}

func (c *UpConvGradWeight) Traits() device.Traits { return device.Traits{FLOPs: convFLOPs(c.X, c.DW)} }

func (c *UpConvGradWeight) Definition() device.Definition {
	return device.Define(c, upConvGradWeight[float32], upConvGradWeight[float64])
}

func upConvGradWeight[T device.Float](c *UpConvGradWeight, at device.Values[T]) {
	dy, x, acc, dw := at.Features(c.DY), at.Features(c.X), at.Plain(c.Acc), at.Plain(c.DW)
	for i := range x.C {
		for o := range dy.C {
			var sum [4]float64
			for n := range x.N {
				for h := range dy.H {
					in, out := x.Row(n, i, h/2), dy.Row(n, o, h)
					for j := range out {
						sum[h%2*2+j%2] += float64(in[j/2]) * float64(out[j])
					}
				}
			}
			for tap, s := range sum {
				e := (i*dy.C+o)*4 + tap
				if acc != nil {
					s += float64(acc[e])
				}
				dw[e] = T(s)
			}
		}
	}
}
