package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Multiply is Y = X·G over features [N, C, H, W]. The gate G has the shape of X, or one channel [N, 1, H, W] for all
// channels, or one pixel [N, C, 1, 1] for all pixels.
type Multiply struct{ X, G, Y *device.Tensor }

func (*Multiply) Name() string { return "multiply" }

func (c *Multiply) Operands() []device.Operand {
	return []device.Operand{device.LateInput(&c.X), device.Input(&c.G), device.Output(&c.Y)}
}

func (*Multiply) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *Multiply) Definition() device.Definition {
	return device.Define(c, multiply[float32], multiply[float64])
}

func (c *Multiply) ONNX(g *onnx.Graph) { g.Let(c.Y.Name, g.Node("Mul", present(c.X, c.G))) }

// gatePlane is the gate of one plane: one element for each pixel, or one for all pixels.
type gatePlane[T device.Float] struct {
	values []T
	each   bool
}

// at returns the gate of pixel i.
func (g gatePlane[T]) at(i int) T {
	if g.each {
		return g.values[i]
	}
	return g.values[0]
}

// planeOf returns the gate of a plane of `area` pixels.
func planeOf[T device.Float](g device.Map[T], n, c, area int) gatePlane[T] {
	values := g.Plane(n, min(c, g.C-1))
	return gatePlane[T]{values, len(values) == area}
}

func multiply[T device.Float](call *Multiply, at device.Values[T]) {
	x, g, y := at.Features(call.X), at.Features(call.G), at.Features(call.Y)
	for n := range x.N {
		for c := range x.C {
			in, out, gate := x.Plane(n, c), y.Plane(n, c), planeOf(g, n, c, x.H*x.W)
			for i, v := range in {
				out[i] = v * gate.at(i)
			}
		}
	}
}

// MultiplyGradX is the gradient of Multiply with respect to X: DX = Acc + DY·G.
type MultiplyGradX struct{ G, DY, Acc, DX *device.Tensor }

func (*MultiplyGradX) Name() string { return "multiply gradient" }

func (c *MultiplyGradX) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.G), device.Donor(&c.DY), device.Donor(&c.Acc), device.Output(&c.DX)}
}

func (*MultiplyGradX) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *MultiplyGradX) Definition() device.Definition {
	return device.Define(c, multiplyGradX[float32], multiplyGradX[float64])
}

func multiplyGradX[T device.Float](call *MultiplyGradX, at device.Values[T]) {
	g, dy, acc, dx := at.Features(call.G), at.Features(call.DY), at.Features(call.Acc), at.Features(call.DX)
	for n := range dy.N {
		for c := range dy.C {
			d, out, gate := dy.Plane(n, c), dx.Plane(n, c), planeOf(g, n, c, dy.H*dy.W)
			for i, v := range d {
				v *= gate.at(i)
				if acc.Present() {
					v += acc.Plane(n, c)[i]
				}
				out[i] = v
			}
		}
	}
}

// MultiplyGradG is the gradient of Multiply with respect to the gate: DG = Acc + the sum of DY·X over all elements
// that each gate multiplies.
type MultiplyGradG struct{ X, DY, Acc, DG *device.Tensor }

func (*MultiplyGradG) Name() string { return "gate gradient" }

func (c *MultiplyGradG) Operands() []device.Operand {
	return []device.Operand{device.LateInput(&c.X), device.Input(&c.DY), device.Donor(&c.Acc), device.Output(&c.DG)}
}

func (*MultiplyGradG) Traits() device.Traits { return device.Traits{} }

func (c *MultiplyGradG) Definition() device.Definition {
	return device.Define(c, multiplyGradG[float32], multiplyGradG[float64])
}

func multiplyGradG[T device.Float](call *MultiplyGradG, at device.Values[T]) {
	x, dy, acc, dg := at.Features(call.X), at.Features(call.DY), at.Features(call.Acc), at.Features(call.DG)
	sums := make([]float64, dg.H*dg.W)
	for n := range dg.N {
		for c := range dg.C {
			clear(sums)
			for channel := range x.C {
				if dg.C > 1 && channel != c {
					continue
				}
				d := dy.Plane(n, channel)
				for i, v := range x.Plane(n, channel) {
					sums[i%len(sums)] += float64(v) * float64(d[i])
				}
			}
			out := dg.Plane(n, c)
			for i, sum := range sums {
				if acc.Present() {
					sum += float64(acc.Plane(n, c)[i])
				}
				out[i] = T(sum)
			}
		}
	}
}
