package cuda

import "r2unet/internal/device"

// channelParts cuts the pixels of each channel into slices for different blocks. The cut depends on the shape alone, so
// that sums are the same bits on every GPU.
func (l *lowering) channelParts(x *device.Tensor, rows int) (args channelPartsArgs, grid [3]int) {
	area, channels := x.Shape[2]*x.Shape[3], x.Shape[1]
	total := x.Shape[0] * area
	slice := max(8*threads, ceil(total, ceil(1024, channels)))
	slices := ceil(total, slice)
	return channelPartsArgs{
		x: l.features(x), partial: l.temporary(slices * rows * channels),
		channels: int32(channels), area: int32(area), total: int32(total), slice: int32(slice),
	}, [3]int{slices, channels, 1}
}

// sumParts is out = acc + scale·Σ parts.
func (l *lowering) sumParts(partial, acc, out uint64, count, parts int, scale float64) {
	const elements = 32 // of a block
	start(l, "sum_parts", [3]int{ceil(count, elements), 1, 1}, sumPartsArgs{
		partial: partial, acc: acc, out: out, count: int32(count), parts: int32(parts), scale: float32(scale),
	})
}

// joinMoments makes statistics of parts with `each` pixels.
func (l *lowering) joinMoments(partial, stats uint64, channels, parts, each, total int) {
	start(l, "join_moments", [3]int{channels, 1, 1}, joinMomentsArgs{
		partial: partial, stats: stats, channels: int32(channels), parts: int32(parts), each: int32(each), total: int32(total),
	})
}

func (l *lowering) batchStats(c *device.BatchStats) {
	args, grid := l.channelParts(c.Z, 2)
	start(l, "channel_moments", grid, args)
	l.joinMoments(args.partial, l.plain(c.Stats), grid[1], grid[0], int(args.slice), int(args.total))
}

func (l *lowering) updateRunning(c *device.UpdateRunning) {
	channels := c.Stats.Shape[1]
	start(l, "update_running", flat(2*channels), updateRunningArgs{
		stats: l.plain(c.Stats), running: l.plain(c.Running),
		keep: float32(1 - c.Momentum), take: float32(c.Momentum),
		unbiased: float32(float64(c.Count) / float64(c.Count-1)), channels: int32(channels),
	})
}

func (l *lowering) activate(z *device.Tensor, norm *device.Norm, residual, y *device.Tensor) {
	args := activateArgs{z: l.features(z), residual: l.features(residual), y: l.features(y), norm: l.norm(norm)}
	suffix, extent, grid := vectors(y.Shape, args.z, args.residual, args.y)
	args.extent = extent
	start(l, "activate"+suffix, grid, args)
}

func (l *lowering) normGradSums(c *device.NormGradSums) {
	args, grid := l.channelParts(c.Z, 2)
	args.dy, args.norm = l.features(c.DY), l.norm(c.Norm)
	start(l, "norm_gradient_sums", grid, args)
	l.sumParts(args.partial, 0, l.plain(c.Sums), 2*grid[1], grid[0], 1)
}

func (l *lowering) activateGrad(c *device.ActivateGrad) {
	args := activateGradientArgs{
		z: l.features(c.Z), dy: l.features(c.DY), acc: l.features(c.Acc), dz: l.features(c.DZ),
		norm: l.norm(c.Norm), sums: l.plain(c.Sums),
		pixels: float32(c.Z.Shape[0] * c.Z.Shape[2] * c.Z.Shape[3]),
	}
	suffix, extent, grid := vectors(c.DZ.Shape, args.z, args.dy, args.acc, args.dz)
	args.extent = extent
	start(l, "activate_gradient"+suffix, grid, args)
}

func (l *lowering) channelSum(c *device.ChannelSum) {
	args, grid := l.channelParts(c.X, 1)
	start(l, "channel_sums", grid, args)
	l.sumParts(args.partial, l.plain(c.Acc), l.plain(c.Sum), grid[1], grid[0], 1)
}
