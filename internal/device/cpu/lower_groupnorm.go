package cpu

import (
	"math"

	"r2unet/internal/calls"
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
)

// groupStats are the statistics of a group norm, a mean and 1/√(variance + ε) for each group of each sample.
type groupStats struct {
	layout.Map
	groups        int
	mean, inverse []float64
}

// groupStats appends the tasks that compute the statistics of x, and what visit makes of those of a sample.
func (p *program) groupStats(
	x features, groups int, epsilon float64, visit func(s *groupStats, n int),
) *groupStats {
	s := &groupStats{x.Map, groups, make([]float64, x.N*groups), make([]float64, x.N*groups)}
	pivots := make(perPlane, x.N*x.Planes) // a value of the channel itself, as in batchStats
	p.bySample(x.N, 1, x.N, func(_, n int) {
		for c := range x.C {
			pivots[s.plane(n, c)][c%x.Block] = x.data[x.Channel(n, c, 0, 0)]
		}
	}, regions(x), nil)
	cut, run := split(x.Map), p.kernels.Moments
	parts := newPartials(cut)
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(&parts.sums[i], at.in(x), &pivots[at.n*x.Planes+at.plane], at.Rows)
		}
	}, regions(x), nil)
	p.bySample(x.N, 1, x.N, func(_, n int) {
		s.reduce(n, parts, pivots, epsilon)
		visit(s, n)
	}, nil, nil)
	return s
}

// plane returns the index of a channel's plane among those of all samples.
func (s *groupStats) plane(n, c int) int { return n*s.Planes + c/s.Block }

// group returns the index of a channel's group among those of all samples.
func (s *groupStats) group(n, c int) int { return n*s.groups + c/(s.C/s.groups) }

// reduce computes the statistics of a sample from sums of x − pivot and its square.
func (s *groupStats) reduce(n int, parts partials, pivots perPlane, epsilon float64) {
	size, pixels := s.C/s.groups, float64(s.H*s.W)
	means, squares := make([]float64, size), make([]float64, size)
	for first := 0; first < s.C; first += size {
		mean, variance := 0.0, 0.0
		for i := range size {
			c := first + i
			sums := parts.ofSample(n, c)
			offset := sums[0] / pixels
			means[i] = offset + float64(pivots[s.plane(n, c)][c%s.Block])
			squares[i] = max(0, sums[1]/pixels-offset*offset)
			mean += means[i] / float64(size)
		}
		for i := range size {
			variance += (squares[i] + (means[i]-mean)*(means[i]-mean)) / float64(size)
		}
		g := s.group(n, first)
		s.mean[g], s.inverse[g] = mean, 1/math.Sqrt(variance+epsilon)
	}
}

func (p *program) groupNorm(c *calls.GroupNorm) {
	x, y, gamma, beta := p.features(c.X), p.features(c.Y), p.plain(c.Gamma), p.plain(c.Beta)
	if p.err != nil {
		return
	}
	y = y.over(x)
	numbers := make([]kernel.Affine, x.N*x.Planes)
	for i := range numbers {
		numbers[i].Below, numbers[i].Leaky = below(calls.Identity)
	}
	p.groupStats(x, c.Groups, c.Epsilon, func(s *groupStats, n int) {
		for c := range x.C {
			at, lane, g := &numbers[s.plane(n, c)], c%x.Block, s.group(n, c)
			scale := float64(gamma[c]) * s.inverse[g]
			at.Mean[lane], at.Scale[lane] = float32(s.mean[g]), float32(scale)
			at.Shift[lane] = float32(float64(beta[c]) + (float64(at.Mean[lane])-s.mean[g])*scale)
		}
	})
	cut, run := split(x.Map), p.kernels.Activate
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(y), at.in(x), nil, &numbers[at.n*x.Planes+at.plane], at.Rows)
		}
	}, append(regions(x), flat(gamma), flat(beta)), regions(y))
}

// groupGrads appends the tasks that sum dy and dy·(x − Mean) over the pixels of each channel of each sample, with the
// group's mean rounded, and what visit makes of those of a sample.
func (p *program) groupGrads(
	x, dy features, groups int, epsilon float64, visit func(s *groupStats, n int, sums func(c int) [2]float64),
) {
	grads := make([]kernel.NormGrad, x.N*x.Planes)
	for i := range grads {
		grads[i].Below, grads[i].Leaky = below(calls.Identity)
	}
	stats := p.groupStats(x, groups, epsilon, func(s *groupStats, n int) {
		for c := range x.C {
			grads[s.plane(n, c)].Mean[c%x.Block] = float32(s.mean[s.group(n, c)])
		}
	})
	cut, run := split(x.Map), p.kernels.GradSums
	parts := newPartials(cut)
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(&parts.sums[i], at.in(x), at.in(dy), &grads[at.n*x.Planes+at.plane], at.Rows)
		}
	}, regions(x, dy), nil)
	p.bySample(x.N, 1, x.N, func(_, n int) {
		visit(stats, n, func(c int) [2]float64 { return parts.ofSample(n, c) })
	}, nil, nil)
}

func (p *program) groupNormGradSums(c *calls.GroupNormGradSums) {
	x, dy, sums := p.features(c.X), p.features(c.DY), p.plain(c.Sums)
	if p.err != nil {
		return
	}
	each := make([][2]float64, x.N*x.C)
	p.groupGrads(x, dy, c.Groups, c.Epsilon, func(s *groupStats, n int, sums func(c int) [2]float64) {
		for c := range x.C {
			g, v := s.group(n, c), sums(c)
			v[1] = (v[1] + (float64(float32(s.mean[g]))-s.mean[g])*v[0]) * s.inverse[g]
			each[n*x.C+c] = v
		}
	})
	p.reduce(func() {
		for c := range x.C {
			var total [2]float64
			for n := range x.N {
				total[0] += each[n*x.C+c][0]
				total[1] += each[n*x.C+c][1]
			}
			sums[c], sums[x.C+c] = float32(total[0]), float32(total[1])
		}
	}, sums)
}

// leastGamma is what a smaller factor of a group norm counts as in its gradient, whose kernel takes it out of the sum.
// It changes the result by less than its last digit.
const leastGamma = 1e-12

func (p *program) groupNormGrad(c *calls.GroupNormGrad) {
	x, dy, acc, dx := p.features(c.X), p.features(c.DY), p.features(c.Acc), p.features(c.DX)
	gamma := p.plain(c.Gamma)
	if p.err != nil {
		return
	}
	dx = dx.over(x, dy, acc)
	grads := make([]kernel.NormGrad, x.N*x.Planes)
	for i := range grads {
		grads[i].Below, grads[i].Leaky = below(calls.Identity)
	}
	size := x.C / c.Groups
	count := float64(size * x.H * x.W)
	p.groupGrads(x, dy, c.Groups, c.Epsilon, func(s *groupStats, n int, sums func(c int) [2]float64) {
		for first := 0; first < x.C; first += size {
			g := s.group(n, first)
			mean, inverse := float32(s.mean[g]), s.inverse[g]
			rest := float64(mean) - s.mean[g] // of what rounding the mean has lost
			var sum, product float64
			for c := first; c < first+size; c++ {
				v := sums(c)
				sum += v[0] * float64(gamma[c]) / count
				product += (v[1] + rest*v[0]) * inverse * float64(gamma[c]) / count
			}
			for c := first; c < first+size; c++ {
				at, lane, factor := &grads[s.plane(n, c)], c%x.Block, float64(gamma[c])
				at.Mean[lane], at.Slope[lane], at.Offset[lane] = mean, 0, 0
				if sum != 0 || product != 0 {
					if math.Abs(factor) < leastGamma {
						factor = leastGamma
					}
					at.Slope[lane] = float32(-inverse * product / factor)
					at.Offset[lane] = float32(-(sum + inverse*product*rest) / factor)
				}
				at.Direct[lane] = float32(inverse * factor)
			}
		}
	})
	cut, run := split(x.Map), p.kernels.ActivateGrad
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(dx), at.in(x), at.in(dy), at.in(acc), &grads[at.n*x.Planes+at.plane], at.Rows)
		}
	}, append(regions(x, dy, acc), flat(gamma)), regions(dx))
}
