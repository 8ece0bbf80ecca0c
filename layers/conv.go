package layers

import (
	"strings"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/op"
)

// Normalization is what follows a convolution.
type Normalization string

// The two normalizations. With NormBatch the 3×3 convolutions have no bias; with NormNone every forward one has.
const (
	NormBatch Normalization = "batch"
	NormNone  Normalization = "none"
)

// conv is a convolution with weights of its own and kernel size k. The bias and the addend (nil: none) are added inside.
func (b *Builder) conv(name string, x *G.Node, out, k int, bias bool, addend *G.Node) *G.Node {
	in := b.channels(x)
	init := heNormal(in * k * k)
	if k == 1 {
		init = uniform(in)
	}
	w := b.parameter(name+".weight", init, out, in, k, k)
	var offset *G.Node
	if bias {
		offset = b.parameter(name+".bias", constant(0), out)
	}
	return b.do(name, func() (*G.Node, error) { return op.Conv(x, w, offset, addend) })
}

// Project is the 1×1 convolution with bias that changes the number of channels (P in docs/specification.md).
func (b *Builder) Project(name string, x *G.Node, out int) *G.Node {
	return b.conv(name, x, out, 1, true, nil)
}

// Head is the 1×1 convolution with bias to one logit.
func (b *Builder) Head(x *G.Node) *G.Node { return b.conv("head", x, 1, 1, true, nil) }

// Up is the 2×2 transposed convolution with stride 2 and bias: x [N, I, H, W] to [N, out, 2H, 2W].
func (b *Builder) Up(name string, x *G.Node, out int) *G.Node {
	in := b.channels(x)
	w := b.parameter(name+".weight", uniform(4*out), in, out, 2, 2) // PyTorch counts out·2·2 as the fan-in here
	bias := b.parameter(name+".bias", constant(0), out)
	return b.do(name, func() (*G.Node, error) { return op.UpConv(x, w, bias) })
}

// ConvUnit is a 3×3 convolution, norm and ReLU (C in docs/specification.md), plus the residual, if it is not nil.
func (b *Builder) ConvUnit(name string, x *G.Node, out int, norm Normalization, residual *G.Node) *G.Node {
	z := b.conv(name+".conv", x, out, 3, norm == NormNone, nil)
	return b.activate(name+".norm", z, norm, residual)
}

// activate is ReLU(norm(z)) + residual. In a training graph it also moves the running statistics.
func (b *Builder) activate(name string, z *G.Node, normalization Normalization, residual *G.Node) *G.Node {
	var norm *op.Norm
	if normalization == NormBatch {
		norm = b.batchNorm(name, z)
	}
	return b.do(name, func() (*G.Node, error) { return op.Activate(z, norm, calls.ReLU, residual) })
}

func (b *Builder) batchNorm(name string, z *G.Node) *op.Norm {
	c := b.channels(z)
	// Beta before gamma: their gradients are the two rows of one result, which is written straight into the flat vector.
	beta := b.parameter(name+".bias", constant(0), c)
	gamma := b.parameter(name+".weight", constant(1), c)
	running := b.node(name+".running", []int{2, c}, true, runningStart)
	if !b.training {
		return &op.Norm{Stats: running, Gamma: gamma, Beta: beta}
	}
	stats := b.do(name, func() (*G.Node, error) { return op.BatchStats(z) })
	b.do(name, func() (*G.Node, error) {
		s := z.Shape()
		return op.UpdateRunning(stats, running, s[0]*s[2]*s[3])
	})
	return &op.Norm{Stats: stats, Gamma: gamma, Beta: beta, OverBatch: true}
}

// IsRunning tells whether a parameter is the running statistics [2, C] of a norm: means in row 0, variances in row 1.
func IsRunning(p Param) bool { return strings.HasSuffix(p.Name, ".running") }

// runningStart is mean 0 and variance 1.
func runningStart(to []float32, _ uint64, _ Param) {
	for i := range to[len(to)/2:] {
		to[len(to)/2+i] = 1
	}
}
