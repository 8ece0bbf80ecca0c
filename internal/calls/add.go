package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Add is Y = A + B over features.
type Add struct{ A, B, Y *device.Tensor }

func (*Add) Name() string { return "add" }

func (c *Add) Operands() []device.Operand {
	return []device.Operand{
		device.Donor(&c.A),
		device.Donor(&c.B),
		device.Output(&c.Y),
	}
}

func (c *Add) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *Add) Definition() device.Definition { return device.Define(c, add[float32], add[float64]) }

func (c *Add) ONNX(g *onnx.Graph) { g.Let(c.Y.Name, g.Node("Add", present(c.A, c.B))) }

func add[T device.Float](call *Add, at device.Values[T]) {
	a, b, y := at.Features(call.A), at.Features(call.B), at.Features(call.Y)
	for n := range y.N {
		for c := range y.C {
			pa, pb, py := a.Plane(n, c), b.Plane(n, c), y.Plane(n, c)
			for i := range py {
				py[i] = pa[i] + pb[i]
			}
		}
	}
}
