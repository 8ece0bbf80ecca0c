package calls

import "r2unet/internal/device"

// UnpoolGrad is the gradient of max unpooling, which puts each value V to where the first maximum of its 2×2 window of
// X was, and zeros elsewhere: DV = Acc + DY at these places. Unpooling itself is what MaxPoolGrad computes.
type UnpoolGrad struct{ X, DY, Acc, DV *device.Tensor }

func (*UnpoolGrad) Name() string { return "unpool gradient" }

func (c *UnpoolGrad) Operands() []device.Operand {
	return []device.Operand{
		device.LateInput(&c.X), device.Input(&c.DY), device.Donor(&c.Acc), device.Output(&c.DV),
	}
}

func (*UnpoolGrad) Traits() device.Traits {
	return device.Traits{Reach: device.Reach{Radius: 1, Shrink: 2, Grow: 1}}
}

func (c *UnpoolGrad) Definition() device.Definition {
	return device.Define(c, unpoolGrad[float32], unpoolGrad[float64])
}

func unpoolGrad[T device.Float](call *UnpoolGrad, at device.Values[T]) {
	x, dy, dv := at.Features(call.X), at.Features(call.DY), at.Features(call.DV)
	dv.Set(at.Features(call.Acc))
	for n := range dv.N {
		for c := range dv.C {
			in, d, out := x.Plane(n, c), dy.Plane(n, c), dv.Plane(n, c)
			for i := range out {
				out[i] += d[firstMaximum(in, x.W, i/dv.W, i%dv.W)]
			}
		}
	}
}
