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
		x: l.features(x), partial: l.temporary(slices * rows * channels), counters: l.counter(channels),
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

func (l *lowering) batchStats(c *device.BatchStats) {
	args, grid := l.channelParts(c.Z, 2)
	args.out = l.plain(c.Stats)
	start(l, "channel_moments", grid, args)
}

// statistics are those of a batch, and how the running ones follow; u may be nil.
func (l *lowering) statistics(batch *device.Tensor, u *device.UpdateRunning) statisticsArg {
	s := statisticsArg{batch: l.plain(batch)}
	if u != nil {
		s.running = l.plain(u.Running)
		s.keep, s.take = float32(1-u.Momentum), float32(u.Momentum)
		s.unbiased = float32(float64(u.Count) / float64(u.Count-1))
	}
	return s
}

func (l *lowering) updateRunning(c *device.UpdateRunning) {
	if l.running[c.Stats] == c {
		return // the convolution does it
	}
	channels := c.Stats.Shape[1]
	start(l, "update_running", flat(channels), updateRunningArgs{stats: l.statistics(c.Stats, c), channels: int32(channels)})
}

// joinRunning finds the updates of running statistics that the convolution can do which makes the batch's: no call in between
// uses the running ones.
func joinRunning(calls []device.Call) map[*device.Tensor]*device.UpdateRunning {
	made := map[*device.Tensor]int{} // statistics, by the call that makes them
	joined := map[*device.Tensor]*device.UpdateRunning{}
	for i, call := range calls {
		switch c := call.(type) {
		case *device.Conv:
			if c.Stats != nil {
				made[c.Stats] = i
				delete(joined, c.Stats)
			}
		case *device.UpdateRunning:
			if at, ok := made[c.Stats]; ok && joined[c.Stats] == nil && !anyUses(calls[at+1:i], c.Running) {
				joined[c.Stats] = c
			}
		}
	}
	return joined
}

// anyUses tells whether some call reads or writes memory of a tensor's.
func anyUses(calls []device.Call, t *device.Tensor) bool {
	start, root := offsetIn(t)
	for _, c := range calls {
		for _, other := range append(c.Reads(), c.Writes()...) {
			at, owner := offsetIn(other)
			same := owner == root || owner.Buffer != nil && owner.Buffer == root.Buffer
			if same && at < start+t.Elements() && start < at+other.Elements() {
				return true
			}
		}
	}
	return false
}

// offsetIn is how far into its root a plain tensor begins.
func offsetIn(t *device.Tensor) (start int, root *device.Tensor) {
	for root = t; root.Parent != nil; root = root.Parent {
		start += root.Start
	}
	return start, root
}

func (l *lowering) activate(z *device.Tensor, norm *device.Norm, residual, y *device.Tensor) {
	args := activateArgs{z: l.features(z), residual: l.features(residual), y: l.features(y), norm: l.norm(norm)}
	suffix, extent, grid := vectors(y.Shape, args.z, args.residual, args.y)
	args.extent = extent
	start(l, "activate"+suffix, grid, args)
}

func (l *lowering) normGradSums(c *device.NormGradSums) {
	args, grid := l.channelParts(c.Z, 2)
	args.dy, args.norm, args.out = l.features(c.DY), l.norm(c.Norm), l.plain(c.Sums)
	start(l, "norm_gradient_sums", grid, args)
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
	args.acc, args.out = l.plain(c.Acc), l.plain(c.Sum)
	start(l, "channel_sums", grid, args)
}
