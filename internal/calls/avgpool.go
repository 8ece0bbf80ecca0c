package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// AvgPool is the 2×2 mean with stride 2: X [N, C, 2H, 2W], Y [N, C, H, W].
type AvgPool struct{ X, Y *device.Tensor }

func (*AvgPool) Name() string { return "average pool" }

func (c *AvgPool) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.X), device.Output(&c.Y)}
}

func (*AvgPool) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Reach{Radius: 1, Shrink: 2, Grow: 1}}
}

func (c *AvgPool) Definition() device.Definition {
	return device.Define(c, avgPool[float32], avgPool[float64])
}

func (c *AvgPool) ONNX(g *onnx.Graph) {
	g.Let(c.Y.Name, g.Node("AveragePool", present(c.X), halving...))
}

func avgPool[T device.Float](call *AvgPool, at device.Values[T]) {
	x, y := at.Features(call.X), at.Features(call.Y)
	for n := range y.N {
		for c := range y.C {
			in, out := x.Plane(n, c), y.Plane(n, c)
			for i := range out {
				first := 2*(i/y.W)*x.W + 2*(i%y.W)
				out[i] = (in[first] + in[first+1] + in[first+x.W] + in[first+x.W+1]) / 4
			}
		}
	}
}

// AvgPoolGrad gives each pixel a quarter of its mean's gradient: DX = Acc + DY/4.
type AvgPoolGrad struct{ DY, Acc, DX *device.Tensor }

func (*AvgPoolGrad) Name() string { return "average pool gradient" }

func (c *AvgPoolGrad) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.DY), device.Donor(&c.Acc), device.Output(&c.DX)}
}

func (*AvgPoolGrad) Traits() device.Traits { return device.Traits{} }

func (c *AvgPoolGrad) Definition() device.Definition {
	return device.Define(c, avgPoolGrad[float32], avgPoolGrad[float64])
}

func avgPoolGrad[T device.Float](call *AvgPoolGrad, at device.Values[T]) {
	dy, dx := at.Features(call.DY), at.Features(call.DX)
	dx.Set(at.Features(call.Acc))
	for n := range dx.N {
		for c := range dx.C {
			d, out := dy.Plane(n, c), dx.Plane(n, c)
			for i := range out {
				out[i] += d[i/dx.W/2*dy.W+i%dx.W/2] / 4
			}
		}
	}
}
