package cpu

import (
	"math"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/conv"
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
)

// channelVector returns a number for each channel of m, padded with zeros to whole planes of kernel.Lanes.
func channelVector(m layout.Map) []float32 {
	return make([]float32, (m.C+kernel.Lanes-1)/kernel.Lanes*kernel.Lanes)
}

func (p *program) conv(c *calls.Conv) {
	x, z, y := p.features(c.X), p.features(c.Z), p.features(c.Y)
	addend, residual, stats := p.features(c.Addend), p.features(c.Residual), p.plain(c.Stats)
	if p.err != nil {
		return
	}
	// A norm with the statistics of this very result needs all of it before the first activation.
	after := y.present() && c.Norm != nil && c.Stats == c.Norm.Stats
	raw := z
	if !raw.present() {
		raw = y
	}
	e := conv.Epilogue{Addend: addend.Map, Bias: c.Bias != nil, Statistics: c.Stats != nil}
	activated := y.present() && !after
	if activated {
		e.Y, e.Residual, e.DropZ = y.Map, residual.Map, !z.present()
		e.Staged = e.DropZ && residual.present() && &residual.data[0] == &y.data[0]
	}
	plan, err := conv.NewForward(p.set, p.precision, x.Map, raw.Map, c.W.Shape[2], e)
	if err != nil {
		p.fail(err)
		return
	}
	args := &conv.Args{X: x.data, Addend: addend.data, Z: raw.data}
	if activated {
		args.Z, args.Y, args.Residual = z.data, y.data, residual.data
		p.activation(args, raw.Map, c)
	}
	reads, writes := regions(x, addend, residual), regions(z, y)
	if c.Stats != nil {
		p.needSums(plan.SumsSize(), func(sums []float64) { args.Sums = sums })
		writes = append(writes, sharedSums)
	}
	p.forward(plan, args, c.W, c.Bias, raw.Map, reads, writes)
	if c.Stats != nil {
		p.then(task{
			pieces: 1, do: func(int, int) { plan.Statistics(stats, args.Sums) }, kind: reduce,
			reads: []region{sharedSums}, writes: []region{flat(stats)},
		})
	}
	if after {
		z := c.Z
		if z == nil {
			z = c.Y
		}
		p.activate(&calls.Activate{Z: z, Norm: c.Norm, Function: c.Function, Residual: c.Residual, Y: c.Y})
	}
}

// activation sets a convolution's scale, shift and bounds, padded, by a task that computes them. Norm and function are
// the scaled number between bounds in either order: norm(max(0, z)) is max(shift, z·scale + shift), or the minimum of
// these if the scale is negative.
func (p *program) activation(args *conv.Args, m layout.Map, c *calls.Conv) {
	n, infinity := p.norm(c.Norm), float32(math.Inf(1))
	args.Scale, args.Shift, args.Low, args.High = channelVector(m), channelVector(m), channelVector(m), channelVector(m)
	p.prepareNorm(func() {
		for i := range m.C {
			scale, shift := n.affine(i)
			args.Scale[i], args.Shift[i] = float32(scale), float32(shift)
			args.Low[i], args.High[i] = -infinity, infinity
			switch {
			case c.Function == calls.Identity:
			case !c.NormLast:
				args.Low[i] = 0
			case scale < 0:
				args.High[i] = args.Shift[i]
			default:
				args.Low[i] = args.Shift[i]
			}
		}
	}, n)
}

// forward appends the tasks of a plan whose result m is a feature map.
func (p *program) forward(
	plan *conv.Forward, args *conv.Args, weight, bias *device.Tensor, m layout.Map, reads, writes []region,
) {
	weights := p.pack(weight, plan)
	if p.err != nil {
		return
	}
	args.W = weights.data
	if bias != nil {
		values := p.plain(bias)
		args.Bias = channelVector(m)
		p.prepare(func() { copy(args.Bias, values) }, values)
	}
	p.needWorkers(plan.ScratchSize())
	do := func(worker, piece int) { plan.Do(piece, args, p.convWorkers[worker]) }
	p.bySample(plan.Pieces(), plan.PiecesPerSample(), m.N, do, reads, writes)
	p.byRows(m.H, plan.Rows)
}

func (p *program) convGradData(c *calls.ConvGradData) {
	dz, acc, dx := p.features(c.DZ), p.features(c.Acc), p.features(c.DX)
	if p.err != nil {
		return
	}
	plan, err := conv.NewGradData(p.set, p.precision, dz.Map, dx.Map, c.W.Shape[2], acc.Map)
	if err != nil {
		p.fail(err)
		return
	}
	p.forward(plan, &conv.Args{X: dz.data, Addend: acc.data, Z: dx.data},
		c.W, nil, dx.Map, regions(dz, acc), regions(dx))
}

func (p *program) upConv(c *calls.UpConv) {
	x, y := p.features(c.X), p.features(c.Y)
	if p.err != nil {
		return
	}
	plan, err := conv.NewUpForward(p.set, p.precision, x.Map, y.Map, c.Bias != nil)
	if err != nil {
		p.fail(err)
		return
	}
	p.forward(plan, &conv.Args{X: x.data, Z: y.data}, c.W, c.Bias, y.Map, regions(x), regions(y))
}

func (p *program) upConvGradData(c *calls.UpConvGradData) {
	dy, acc, dx := p.features(c.DY), p.features(c.Acc), p.features(c.DX)
	if p.err != nil {
		return
	}
	plan, err := conv.NewUpGradData(p.set, p.precision, dy.Map, dx.Map, acc.Map)
	if err != nil {
		p.fail(err)
		return
	}
	p.forward(plan, &conv.Args{X: dy.data, Addend: acc.data, Z: dx.data},
		c.W, nil, dx.Map, regions(dy, acc), regions(dx))
}

func (p *program) convGradWeight(c *calls.ConvGradWeight) {
	dz, x := p.features(c.DZ), p.features(c.X)
	if p.err != nil {
		return
	}
	plan, err := conv.NewGradWeight(p.set, p.precision, dz.Map, x.Map, c.DW.Shape[2])
	p.gradWeight(plan, err, dz, x, c.Acc, c.DW)
}

func (p *program) upConvGradWeight(c *calls.UpConvGradWeight) {
	dy, x := p.features(c.DY), p.features(c.X)
	if p.err != nil {
		return
	}
	plan, err := conv.NewUpGradWeight(p.set, p.precision, dy.Map, x.Map)
	p.gradWeight(plan, err, dy, x, c.Acc, c.DW)
}

// gradWeight appends the two stages of a weight gradient: partial sums over pieces of the maps, then their total in
// order.
func (p *program) gradWeight(plan *conv.GradWeight, err error, dz, x features, accTensor, dwTensor *device.Tensor) {
	acc, dw := p.plain(accTensor), p.plain(dwTensor)
	if err != nil {
		p.fail(err)
	}
	if p.err != nil {
		return
	}
	args := &conv.GradArgs{DZ: dz.data, X: x.data}
	p.needScratch(plan.PartialsSize(), func(partials []float32) { args.Partials = partials })
	p.needWorkers(plan.ScratchSize())
	do := func(worker, piece int) { plan.Do(piece, args, p.convWorkers[worker]) }
	p.bySample(plan.Pieces(), plan.PiecesPerSample(), x.N, do, regions(dz, x), []region{sharedFloats})
	p.byRows(x.H, plan.Rows)
	p.then(task{
		pieces: plan.ReducePieces(), kind: reduce,
		do:    func(_, piece int) { plan.Reduce(piece, dw, acc, args.Partials) },
		reads: []region{sharedFloats}, writes: []region{flat(dw)},
	})
}
