package cpu

import (
	"math"

	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
)

// perPlane is one vector of channels for each plane of a map.
type perPlane []kernel.Channels

func newPerPlane(m layout.Map) perPlane { return make(perPlane, m.Planes) }

// set sets channel c of a map; surplus channels stay zero.
func (v perPlane) set(m layout.Map, c int, x float64) { v[c/m.Block][c%m.Block] = float32(x) }

// norm is a batch normalization with its memory.
type norm struct {
	mean, variance, gamma, beta []float32
	epsilon                     float64
}

func (p *program) norm(n *calls.Norm) *norm {
	if n == nil || p.err != nil {
		return nil
	}
	stats, channels := p.plain(n.Stats), n.Stats.Shape[1]
	if p.err != nil {
		return nil
	}
	return &norm{stats[:channels], stats[channels:], p.plain(n.Gamma), p.plain(n.Beta), n.Epsilon}
}

// inverse returns 1/√(variance + ε) of channel c.
func (n *norm) inverse(c int) float64 { return 1 / math.Sqrt(float64(n.variance[c])+n.epsilon) }

// affine returns the scale and shift of the norm for channel c: z·scale + shift. Without a norm it is the identity.
func (n *norm) affine(c int) (scale, shift float64) {
	if n == nil {
		return 1, 0
	}
	scale = float64(n.gamma[c]) * n.inverse(c)
	return scale, float64(n.beta[c]) - float64(n.mean[c])*scale
}

// centred returns the same function as (z − mean)·scale + shift.
func (n *norm) centred(c int) (mean, scale, shift float32) {
	if n == nil {
		return 0, 1, 0
	}
	return n.mean[c], float32(float64(n.gamma[c]) * n.inverse(c)), n.beta[c]
}

// affine appends the task that computes a norm's numbers for the planes of m.
func (p *program) affine(m layout.Map, n *norm, f calls.Function) []kernel.Affine {
	numbers := make([]kernel.Affine, m.Planes)
	for i := range numbers {
		numbers[i].Below, numbers[i].Leaky = below(f)
	}
	compute := func() {
		for c := range m.C {
			at, lane := &numbers[c/m.Block], c%m.Block
			at.Mean[lane], at.Scale[lane], at.Shift[lane] = n.centred(c)
		}
	}
	p.prepareNorm(compute, n)
	return numbers
}

// below returns the slope of a function below zero; a ReLU needs none.
func below(f calls.Function) (slopes kernel.Channels, leaky bool) {
	slope, _ := f.Slope()
	for i := range slopes {
		slopes[i] = slope
	}
	return slopes, f != calls.ReLU
}

// prepareNorm appends a task that reads a norm; without a norm it computes immediately.
func (p *program) prepareNorm(compute func(), n *norm) {
	if n == nil {
		compute()
		return
	}
	p.prepare(compute, n.reads()...)
}

// reads returns the memory of a norm.
func (n *norm) reads() [][]float32 {
	if n == nil {
		return nil
	}
	return [][]float32{n.mean, n.variance, n.gamma, n.beta}
}

func (p *program) activate(c *calls.Activate) {
	z, residual, y, norm := p.features(c.Z), p.features(c.Residual), p.features(c.Y), p.norm(c.Norm)
	if p.err != nil {
		return
	}
	y = y.over(z, residual)
	if _, slopes := c.Function.Slope(); !slopes {
		p.activateCurve(c, z, residual, y, norm)
		return
	}
	numbers := p.affine(z.Map, norm, c.Function)
	cut, run := split(z.Map), p.kernels.Activate
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(y), at.in(z), at.in(residual), &numbers[at.plane], at.Rows)
		}
	}, regions(z, residual), regions(y))
}

// partials is one pair of sums for each part of a map.
type partials struct {
	cut  chunks
	sums []kernel.Sums
}

func newPartials(cut chunks) partials { return partials{cut, make([]kernel.Sums, cut.parts())} }

// total adds up, in order, the partial sums for channel c.
func (s partials) total(c int) (sums [2]float64) {
	plane, lane := c/s.cut.m.Block, c%s.cut.m.Block
	for n := range s.cut.m.N {
		at := n*s.cut.perSample + plane*s.cut.perPlane
		for i := range s.cut.perPlane {
			sums[0] += s.sums[at+i][0][lane]
			sums[1] += s.sums[at+i][1][lane]
		}
	}
	return sums
}

// ofSample adds up those of one sample.
func (s partials) ofSample(n, c int) (sums [2]float64) {
	plane, lane := c/s.cut.m.Block, c%s.cut.m.Block
	at := n*s.cut.perSample + plane*s.cut.perPlane
	for i := range s.cut.perPlane {
		sums[0] += s.sums[at+i][0][lane]
		sums[1] += s.sums[at+i][1][lane]
	}
	return sums
}

// moments appends the tasks that sum x − pivot and its square.
func (p *program) moments(x features, pivot perPlane) partials {
	cut, run := split(x.Map), p.kernels.Moments
	sums := newPartials(cut)
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(&sums.sums[i], at.in(x), &pivot[at.plane], at.Rows)
		}
	}, regions(x), nil)
	return sums
}

func (p *program) batchStats(c *calls.BatchStats) {
	z, stats := p.features(c.Z), p.plain(c.Stats)
	if p.err != nil {
		return
	}
	pivot := newPerPlane(z.Map)
	p.once(func() { // a value of the channel itself, so that few digits are lost if the mean is far from zero
		for c := range z.C {
			pivot.set(z.Map, c, float64(z.data[z.Channel(0, c, 0, 0)]))
		}
	})
	sums := p.moments(z, pivot)
	count := float64(z.N * z.H * z.W)
	p.reduce(func() {
		for c := range z.C {
			total := sums.total(c)
			mean := total[0] / count
			stats[c] = float32(mean + float64(pivot[c/z.Block][c%z.Block]))
			stats[z.C+c] = float32(max(0, total[1]/count-mean*mean))
		}
	}, stats)
}

func (p *program) channelSum(c *calls.ChannelSum) {
	x, acc, sum := p.features(c.X), p.plain(c.Acc), p.plain(c.Sum)
	if p.err != nil {
		return
	}
	sums := p.moments(x, newPerPlane(x.Map))
	p.reduce(func() {
		for c := range x.C {
			total := sums.total(c)[0]
			if acc != nil {
				total += float64(acc[c])
			}
			sum[c] = float32(total)
		}
	}, sum)
}

func (p *program) updateRunning(c *calls.UpdateRunning) {
	batch, running := p.plain(c.Stats), p.plain(c.Running)
	unbiased, channels := float64(c.Count)/float64(c.Count-1), len(batch)/2
	p.reduce(func() {
		for i := range batch {
			value := float64(batch[i])
			if i >= channels {
				value *= unbiased
			}
			running[i] = float32((1-c.Momentum)*float64(running[i]) + c.Momentum*value)
		}
	}, running)
}
