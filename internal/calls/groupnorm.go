package calls

import (
	"math"
	"slices"

	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// GroupNorm is Y = Gamma·(X − mean)/√(variance + Epsilon) + Beta with the mean and the biased variance of each group of
// channels of each sample (Wu and He 2018). With as many groups as channels it is instance normalization (Ulyanov et
// al. 2016). Channels are a multiple of Groups.
type GroupNorm struct {
	X, Gamma, Beta, Y *device.Tensor // Gamma and Beta [C]
	Groups            int
	Epsilon           float64
}

func (*GroupNorm) Name() string { return "group norm" }

func (c *GroupNorm) Operands() []device.Operand {
	return []device.Operand{
		device.Donor(&c.X), device.Input(&c.Gamma), device.Input(&c.Beta), device.Output(&c.Y),
	}
}

// Traits declares no reach: the statistics depend on the whole map.
func (*GroupNorm) Traits() device.Traits { return device.Traits{} }

func (c *GroupNorm) Definition() device.Definition {
	return device.Define(c, groupNorm[float32], groupNorm[float64])
}

// ONNX maps a group norm to the instance norm of a map in which each group is one long channel.
func (c *GroupNorm) ONNX(g *onnx.Graph) {
	x, channels := c.X.Name, c.X.Shape[1]
	epsilon := onnx.Float("epsilon", c.Epsilon)
	if c.Groups == channels {
		g.Let(c.Y.Name, g.Node("InstanceNormalization", []string{x, c.Gamma.Name, c.Beta.Name}, epsilon))
		return
	}
	size := g.Node("Shape", []string{x})
	x = g.Node("Reshape", []string{x, g.Integers(0, int64(c.Groups), -1)}) // 0 keeps the number of samples
	x = g.Node("InstanceNormalization", []string{
		x, g.Floats(slices.Repeat([]float32{1}, c.Groups)...), g.Floats(make([]float32, c.Groups)...),
	}, epsilon)
	x = g.Node("Reshape", []string{x, size})
	column := g.Integers(int64(channels), 1, 1) // a number for each channel
	x = g.Node("Mul", []string{x, g.Node("Reshape", []string{c.Gamma.Name, column})})
	g.Let(c.Y.Name, g.Node("Add", []string{x, g.Node("Reshape", []string{c.Beta.Name, column})}))
}

func groupNorm[T device.Float](call *GroupNorm, at device.Values[T]) {
	x, y, gamma, beta := at.Features(call.X), at.Features(call.Y), at.Plain(call.Gamma), at.Plain(call.Beta)
	eachGroup(x, call.Groups, call.Epsilon, func(n, first, end int, mean, inverse float64) {
		for c := first; c < end; c++ {
			out := y.Plane(n, c)
			for i, v := range x.Plane(n, c) {
				out[i] = T(float64(gamma[c])*(float64(v)-mean)*inverse + float64(beta[c]))
			}
		}
	})
}

// eachGroup calls visit for the channels first … end−1 of each group of each sample, with the mean of their values and
// 1/√(variance + ε).
func eachGroup[T device.Float](
	x device.Map[T], groups int, epsilon float64, visit func(n, first, end int, mean, inverse float64),
) {
	size := x.C / groups
	count := float64(size * x.H * x.W)
	for n := range x.N {
		for first := 0; first < x.C; first += size {
			mean, variance := 0.0, 0.0
			for c := first; c < first+size; c++ {
				for _, v := range x.Plane(n, c) {
					mean += float64(v)
				}
			}
			mean /= count
			for c := first; c < first+size; c++ {
				for _, v := range x.Plane(n, c) {
					variance += (float64(v) - mean) * (float64(v) - mean)
				}
			}
			visit(n, first, first+size, mean, 1/math.Sqrt(variance/count+epsilon))
		}
	}
}

// GroupNormGradSums is the gradient of GroupNorm with respect to its parameters, with x̂ = (X − mean)/√(variance + ε):
// Sums [2, C], row 0 = Σ DY (of Beta), row 1 = Σ DY·x̂ (of Gamma).
type GroupNormGradSums struct {
	X, DY, Sums *device.Tensor
	Groups      int
	Epsilon     float64
}

func (*GroupNormGradSums) Name() string { return "group norm gradient sums" }

func (c *GroupNormGradSums) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.X), device.Input(&c.DY), device.Output(&c.Sums)}
}

func (*GroupNormGradSums) Traits() device.Traits { return device.Traits{} }

func (c *GroupNormGradSums) Definition() device.Definition {
	return device.Define(c, groupNormGradSums[float32], groupNormGradSums[float64])
}

func groupNormGradSums[T device.Float](call *GroupNormGradSums, at device.Values[T]) {
	x, dy, sums := at.Features(call.X), at.Features(call.DY), at.Plain(call.Sums)
	total := make([]float64, 2*x.C)
	eachGroup(x, call.Groups, call.Epsilon, func(n, first, end int, mean, inverse float64) {
		for c := first; c < end; c++ {
			d := dy.Plane(n, c)
			for i, v := range x.Plane(n, c) {
				total[c] += float64(d[i])
				total[x.C+c] += float64(d[i]) * (float64(v) - mean) * inverse
			}
		}
	})
	for i, v := range total {
		sums[i] = T(v)
	}
}

// GroupNormGrad is the gradient of GroupNorm with respect to X. With d = DY·Gamma, and means over a group of a sample:
//
//	DX = Acc + (d − mean(d) − x̂·mean(d·x̂))/√(variance + ε)
type GroupNormGrad struct {
	X, Gamma, DY, Acc, DX *device.Tensor
	Groups                int
	Epsilon               float64
}

func (*GroupNormGrad) Name() string { return "group norm gradient" }

func (c *GroupNormGrad) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.X), device.Input(&c.Gamma), device.Donor(&c.DY), device.Donor(&c.Acc), device.Output(&c.DX),
	}
}

func (*GroupNormGrad) Traits() device.Traits { return device.Traits{} }

func (c *GroupNormGrad) Definition() device.Definition {
	return device.Define(c, groupNormGrad[float32], groupNormGrad[float64])
}

func groupNormGrad[T device.Float](call *GroupNormGrad, at device.Values[T]) {
	x, dy, acc, dx := at.Features(call.X), at.Features(call.DY), at.Features(call.Acc), at.Features(call.DX)
	gamma := at.Plain(call.Gamma)
	eachGroup(x, call.Groups, call.Epsilon, func(n, first, end int, mean, inverse float64) {
		var sum, product float64
		for c := first; c < end; c++ {
			d := dy.Plane(n, c)
			for i, v := range x.Plane(n, c) {
				g := float64(d[i]) * float64(gamma[c])
				sum += g
				product += g * (float64(v) - mean) * inverse
			}
		}
		count := float64((end - first) * x.H * x.W)
		sum, product = sum/count, product/count
		for c := first; c < end; c++ {
			d, out := dy.Plane(n, c), dx.Plane(n, c)
			for i, v := range x.Plane(n, c) {
				g := inverse * (float64(d[i])*float64(gamma[c]) - sum - (float64(v)-mean)*inverse*product)
				if acc.Present() {
					g += float64(acc.Plane(n, c)[i])
				}
				out[i] = T(g)
			}
		}
	})
}
