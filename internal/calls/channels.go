package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Concat is Y = [A, B] along channels, for devices and channel counts where the inputs cannot be written in place.
type Concat struct{ A, B, Y *device.Tensor }

func (*Concat) Name() string { return "concat" }

func (c *Concat) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.A),
		device.Input(&c.B),
		device.Output(&c.Y),
	}
}

func (c *Concat) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *Concat) Definition() device.Definition {
	return device.Define(c, concat[float32], concat[float64])
}

func (c *Concat) ONNX(g *onnx.Graph) {
	g.Let(c.Y.Name, g.Node("Concat", present(c.A, c.B), onnx.Int("axis", 1)))
}

func concat[T device.Float](call *Concat, at device.Values[T]) {
	a, b, y := at.Features(call.A), at.Features(call.B), at.Features(call.Y)
	for n := range y.N {
		for c := range y.C {
			if c < a.C {
				copy(y.Plane(n, c), a.Plane(n, c))
			} else {
				copy(y.Plane(n, c), b.Plane(n, c-a.C))
			}
		}
	}
}

// Slice is Y = channels Start to Start+C−1 of X, where C is the number of Y's channels; for devices and channel
// counts where a view cannot be read in place.
type Slice struct {
	X, Y  *device.Tensor
	Start int
}

func (*Slice) Name() string { return "slice" }

func (c *Slice) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.X),
		device.Output(&c.Y),
	}
}

func (c *Slice) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *Slice) Definition() device.Definition {
	return device.Define(c, slice[float32], slice[float64])
}

func slice[T device.Float](call *Slice, at device.Values[T]) {
	x, y := at.Features(call.X), at.Features(call.Y)
	for n := range y.N {
		for c := range y.C {
			copy(y.Plane(n, c), x.Plane(n, call.Start+c))
		}
	}
}

// ChannelSum is Sum[c] = Acc[c] + Σ X[n, c, h, w]: the gradient of a bias.
type ChannelSum struct{ X, Acc, Sum *device.Tensor }

func (*ChannelSum) Name() string { return "bias gradient" }

func (c *ChannelSum) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.X),
		device.Donor(&c.Acc),
		device.Output(&c.Sum),
	}
}

func (c *ChannelSum) Traits() device.Traits { return device.Traits{} }

func (c *ChannelSum) Definition() device.Definition {
	return device.Define(c, channelSum[float32], channelSum[float64])
}

func channelSum[T device.Float](call *ChannelSum, at device.Values[T]) {
	x, acc, out := at.Features(call.X), at.Plain(call.Acc), at.Plain(call.Sum)
	for c := range x.C {
		sum := 0.0
		for n := range x.N {
			for _, v := range x.Plane(n, c) {
				sum += float64(v)
			}
		}
		if acc != nil {
			sum += float64(acc[c])
		}
		out[c] = T(sum)
	}
}
