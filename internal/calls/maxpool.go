package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// MaxPool is the 2×2 maximum with stride 2: X [N, C, 2H, 2W], Y [N, C, H, W].
type MaxPool struct{ X, Y *device.Tensor }

func (*MaxPool) Name() string { return "max-pool" }

func (c *MaxPool) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.X),
		device.Output(&c.Y),
	}
}

func (c *MaxPool) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Reach{Radius: 1, Shrink: 2, Grow: 1}}
}

func (c *MaxPool) Definition() device.Definition {
	return device.Define(c, maxPool[float32], maxPool[float64])
}

func (c *MaxPool) ONNX(g *onnx.Graph) {
	g.Let(c.Y.Name, g.Node("MaxPool", present(c.X), halving...))
}

// halving are the settings of a 2×2 pool with stride 2.
var halving = []onnx.Attribute{onnx.Ints("kernel_shape", 2, 2), onnx.Ints("strides", 2, 2)}

func maxPool[T device.Float](call *MaxPool, at device.Values[T]) {
	x, y := at.Features(call.X), at.Features(call.Y)
	for n := range y.N {
		for c := range y.C {
			in, out := x.Plane(n, c), y.Plane(n, c)
			for h := range y.H {
				for w := range y.W {
					out[h*y.W+w] = in[firstMaximum(in, x.W, h, w)]
				}
			}
		}
	}
}

// firstMaximum returns the index of the first maximum, in row-major order, of window (h, w) of a plane of the given
// width.
func firstMaximum[T device.Float](plane []T, width, h, w int) int {
	best := 2*h*width + 2*w
	for _, i := range [3]int{best + 1, best + width, best + width + 1} {
		if plane[i] > plane[best] {
			best = i
		}
	}
	return best
}

// MaxPoolGrad adds each DY to the first maximum of its window in row-major order; DX starts from Acc.
type MaxPoolGrad struct{ X, DY, Acc, DX *device.Tensor }

func (*MaxPoolGrad) Name() string { return "max-pool gradient" }

func (c *MaxPoolGrad) Operands() []device.Operand {
	return []device.Operand{
		device.LateInput(&c.X),
		device.Input(&c.DY),
		device.Donor(&c.Acc),
		device.Output(&c.DX),
	}
}

func (c *MaxPoolGrad) Traits() device.Traits {
	return device.Traits{Reach: device.Reach{Radius: 1, Shrink: 1, Grow: 2}}
}

func (c *MaxPoolGrad) Definition() device.Definition {
	return device.Define(c, maxPoolGrad[float32], maxPoolGrad[float64])
}

// ONNX maps unpooling, which is the only use in a network: each DY goes to where the maximum of X was, and Acc is nil.
func (c *MaxPoolGrad) ONNX(g *onnx.Graph) {
	places := g.Nodes("MaxPool", 2, present(c.X), halving...)[1]
	g.Let(c.DX.Name, g.Node("MaxUnpool", []string{c.DY.Name, places}, halving...))
}

func maxPoolGrad[T device.Float](call *MaxPoolGrad, at device.Values[T]) {
	x, dy, dx := at.Features(call.X), at.Features(call.DY), at.Features(call.DX)
	dx.Set(at.Features(call.Acc))
	for n := range dy.N {
		for c := range dy.C {
			in, d, out := x.Plane(n, c), dy.Plane(n, c), dx.Plane(n, c)
			for h := range dy.H {
				for w := range dy.W {
					out[firstMaximum(in, x.W, h, w)] += d[h*dy.W+w]
				}
			}
		}
	}
}
