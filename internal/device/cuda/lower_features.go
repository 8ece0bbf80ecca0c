package cuda

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
)

func (l *lowering) add(c *calls.Add) {
	args := addArgs{a: l.features(c.A), b: l.features(c.B), y: l.features(c.Y)}
	suffix, extent, grid := vectors(c.Y.Shape, args.a, args.b, args.y)
	args.extent = extent
	start(l, "add"+suffix, grid, args)
}

// copyChannels copies channels of x to channels of y.
func (l *lowering) copyChannels(x *device.Tensor, from int, y *device.Tensor, to, channels int) {
	args := copyArgs{x: l.channelsOf(x, from), y: l.channelsOf(y, to)}
	shape := []int{y.Shape[0], channels, y.Shape[2], y.Shape[3]}
	suffix, extent, grid := vectors(shape, args.x, args.y)
	args.extent = extent
	start(l, "copy"+suffix, grid, args)
}

func (l *lowering) concat(c *calls.Concat) {
	l.copyChannels(c.A, 0, c.Y, 0, c.A.Shape[1])
	l.copyChannels(c.B, 0, c.Y, c.A.Shape[1], c.B.Shape[1])
}

func (l *lowering) maxPool(c *calls.MaxPool) {
	extent, grid := span(c.Y.Shape, 1)
	start(l, "max_pool", grid, poolArgs{
		x: l.features(c.X), y: l.features(c.Y), extent: extent, width: int32(c.Y.Shape[3]),
	})
}

func (l *lowering) maxPoolGrad(c *calls.MaxPoolGrad) {
	extent, grid := span(c.DY.Shape, 1)
	start(l, "max_pool_gradient", grid, poolArgs{
		x: l.features(c.X), y: l.features(c.DY), acc: l.features(c.Acc), dx: l.features(c.DX),
		extent: extent, width: int32(c.DY.Shape[3]),
	})
}

func (l *lowering) sigmoid(c *calls.Sigmoid) {
	extent, grid := span(c.P.Shape, 1)
	start(l, "sigmoid_1", grid, copyArgs{x: l.features(c.Logits), y: l.features(c.P), extent: extent})
}
