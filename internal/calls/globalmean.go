package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// GlobalMean is the mean of each channel over all pixels: X [N, C, H, W], Y [N, C, 1, 1].
type GlobalMean struct{ X, Y *device.Tensor }

func (*GlobalMean) Name() string { return "global mean" }

func (c *GlobalMean) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.X), device.Output(&c.Y)}
}

// Traits declares no reach: the mean depends on the whole map.
func (*GlobalMean) Traits() device.Traits { return device.Traits{} }

func (c *GlobalMean) Definition() device.Definition {
	return device.Define(c, globalMean[float32], globalMean[float64])
}

func (c *GlobalMean) ONNX(g *onnx.Graph) { g.Let(c.Y.Name, g.Node("GlobalAveragePool", present(c.X))) }

func globalMean[T device.Float](call *GlobalMean, at device.Values[T]) {
	x, y := at.Features(call.X), at.Features(call.Y)
	for n := range x.N {
		for c := range x.C {
			sum := 0.0
			for _, v := range x.Plane(n, c) {
				sum += float64(v)
			}
			y.Plane(n, c)[0] = T(sum / float64(x.H*x.W))
		}
	}
}

// GlobalMeanGrad distributes the gradient of each mean over its pixels: DX = Acc + DY/(H·W).
type GlobalMeanGrad struct{ DY, Acc, DX *device.Tensor }

func (*GlobalMeanGrad) Name() string { return "global mean gradient" }

func (c *GlobalMeanGrad) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.DY), device.Donor(&c.Acc), device.Output(&c.DX)}
}

func (*GlobalMeanGrad) Traits() device.Traits { return device.Traits{} }

func (c *GlobalMeanGrad) Definition() device.Definition {
	return device.Define(c, globalMeanGrad[float32], globalMeanGrad[float64])
}

func globalMeanGrad[T device.Float](call *GlobalMeanGrad, at device.Values[T]) {
	dy, dx := at.Features(call.DY), at.Features(call.DX)
	dx.Set(at.Features(call.Acc))
	for n := range dx.N {
		for c := range dx.C {
			share := T(float64(dy.Plane(n, c)[0]) / float64(dx.H*dx.W))
			out := dx.Plane(n, c)
			for i := range out {
				out[i] += share
			}
		}
	}
}
