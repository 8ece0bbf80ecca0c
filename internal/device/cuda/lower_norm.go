package cuda

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// channelParts divides the pixels of each channel into slices for different blocks. The division depends on the shape
// alone, so that sums have the same bits on every GPU.
func (l *lowering) channelParts(x *device.Tensor, rows int) (args channelPartsArgs, grid [3]int) {
	area, channels := x.Shape[2]*x.Shape[3], x.Shape[1]
	total := x.Shape[0] * area
	slice := max(8*threads, ceil(total, ceil(1024, channels)))
	slices := ceil(total, slice)
	return channelPartsArgs{
		x: l.features(x), partial: l.temporary(slices * rows * channels), counters: l.counter(channels),
		channels: int32(channels), area: int32(area), total: int32(total), slice: int32(slice),
	}, [3]int{slices, channels, 1}
}

// sumParts is out = acc + scale·Σ parts.
func (l *lowering) sumParts(partial, acc, out uint64, count, parts int, scale float64) {
	const elements = 32                                                      // of a block
	start(l, "sum_parts", [3]int{ceil(count, elements), 1, 1}, sumPartsArgs{ // in a block
		partial: partial, acc: acc, out: out, count: int32(count), parts: int32(parts), scale: float32(scale),
	})
}

func (l *lowering) batchStats(c *calls.BatchStats) {
	args, grid := l.channelParts(c.Z, 2)
	args.out = l.plain(c.Stats)
	start(l, "channel_moments", grid, args)
}

// statistics returns the arguments for the statistics of a batch and the update u of the running ones, which may be
// nil.
func (l *lowering) statistics(batch *device.Tensor, u *calls.UpdateRunning) statisticsArg {
	s := statisticsArg{batch: l.plain(batch)}
	if u != nil {
		s.running = l.plain(u.Running)
		s.keep, s.take = float32(1-u.Momentum), float32(u.Momentum)
		s.unbiased = float32(float64(u.Count) / float64(u.Count-1))
	}
	return s
}

func (l *lowering) updateRunning(c *calls.UpdateRunning) {
	if l.running[c.Stats] == c {
		return // the convolution does it
	}
	channels := c.Stats.Shape[1]
	start(l, "update_running", flat(channels), updateRunningArgs{
		stats: l.statistics(c.Stats, c), channels: int32(channels),
	})
}

func (l *lowering) activate(z *device.Tensor, norm *calls.Norm, residual, y *device.Tensor) {
	args := activateArgs{z: l.features(z), residual: l.features(residual), y: l.features(y), norm: l.norm(norm)}
	suffix, extent, grid := vectors(y.Shape, args.z, args.residual, args.y)
	args.extent = extent
	start(l, "activate"+suffix, grid, args)
}

func (l *lowering) normGradSums(c *calls.NormGradSums) {
	if l.taken[c] {
		return // the convolution computes them
	}
	args, grid := l.channelParts(c.Z, 2)
	args.dy, args.norm, args.out = l.features(c.DY), l.norm(c.Norm), l.plain(c.Sums)
	start(l, "norm_gradient_sums", grid, args)
}

func (l *lowering) activateGrad(c *calls.ActivateGrad) {
	args := activateGradientArgs{
		z: l.features(c.Z), dy: l.features(c.DY), acc: l.features(c.Acc), dz: l.features(c.DZ),
		norm: l.norm(c.Norm), sums: l.plain(c.Sums),
		pixels: float32(c.Z.Shape[0] * c.Z.Shape[2] * c.Z.Shape[3]),
	}
	suffix, extent, grid := vectors(c.DZ.Shape, args.z, args.dy, args.acc, args.dz)
	args.extent = extent
	start(l, "activate_gradient"+suffix, grid, args)
}

func (l *lowering) channelSum(c *calls.ChannelSum) {
	args, grid := l.channelParts(c.X, 1)
	args.acc, args.out = l.plain(c.Acc), l.plain(c.Sum)
	start(l, "channel_sums", grid, args)
}
