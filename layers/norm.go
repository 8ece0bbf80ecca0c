package layers

import (
	"fmt"
	"math/rand/v2"
	"strings"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/op"
	"r2unet/internal/setting"
)

// Normalization is the kind of norm after a convolution, as the TOML file has it: "batch", "instance", "group",
// "group(groups=4)" or "none".
type Normalization string

// The normalizations; a group norm may have parameters. All have a factor and a shift for each channel, as in PyTorch
// with affine = True.
const (
	NormBatch    Normalization = "batch"
	NormInstance Normalization = "instance"
	NormGroup    Normalization = "group"
	NormNone     Normalization = "none"
)

// Canonical returns the one way to write a normalization, or an error if there is no such one.
func (n Normalization) Canonical() (Normalization, error) {
	s, err := n.parse()
	return Normalization(s.String()), err
}

func (n Normalization) parse() (setting.Setting, error) {
	s, err := setting.Parse(string(n))
	if err != nil {
		return s, err
	}
	switch Normalization(s.Name) {
	case NormBatch, NormInstance, NormNone:
		return s.With()
	case NormGroup:
		return s.With(setting.Whole("groups", 8, 1, 4096))
	}
	return s, fmt.Errorf("unknown, expected one of batch, instance, group, none")
}

// KeepsBias reports whether the norm lets through what a convolution's bias adds to a channel.
func (n Normalization) KeepsBias() bool {
	return n == NormNone || strings.HasPrefix(string(n), string(NormGroup))
}

// Activate is f(norm(z)) + residual; the residual may be nil. In a training graph it also updates the running
// statistics.
func (b *Builder) Activate(
	name string, z *G.Node, normalization Normalization, f Function, residual *G.Node,
) *G.Node {
	var norm *op.Norm
	switch normalization {
	case NormBatch:
		norm = b.batchNorm(name, z)
	case NormNone:
	default:
		if z = b.groupNorm(name, z, normalization); f == Identity && residual == nil {
			return z
		}
	}
	return b.do(name, func() (*G.Node, error) { return op.Activate(z, norm, f, residual) })
}

func (b *Builder) batchNorm(name string, z *G.Node) *op.Norm {
	c := b.Channels(z)
	beta, gamma := b.normParameters(name, c)
	running := b.node(name+".running", []int{2, c}, true, runningStart)
	if !b.trains(name) {
		return &op.Norm{Stats: running, Gamma: gamma, Beta: beta}
	}
	stats := b.do(name, func() (*G.Node, error) { return op.BatchStats(z) })
	b.do(name, func() (*G.Node, error) {
		s := z.Shape()
		return op.UpdateRunning(stats, running, s[0]*s[2]*s[3])
	})
	return &op.Norm{Stats: stats, Gamma: gamma, Beta: beta, OverBatch: true}
}

// groupNorm is the norm of each group of channels of a sample, for an instance norm of each channel.
func (b *Builder) groupNorm(name string, x *G.Node, n Normalization) *G.Node {
	c := b.Channels(x)
	groups := c
	if n != NormInstance {
		s, err := n.parse()
		if err != nil {
			b.Fail(fmt.Errorf("norm = %q: %w", n, err))
			return nil
		}
		if groups = s.Whole("groups"); c%groups != 0 {
			b.Fail(fmt.Errorf("norm = %q: %s has %d channels, which are not a multiple of %d groups",
				n, strings.TrimSuffix(name, ".norm"), c, groups))
			return nil
		}
	}
	beta, gamma := b.normParameters(name, c)
	return b.do(name, func() (*G.Node, error) { return op.GroupNorm(x, gamma, beta, groups) })
}

// normParameters declares the shift and the factor of a norm of c channels. Beta comes before gamma: their gradients
// are the two rows of one result, which is written directly into the flat vector.
func (b *Builder) normParameters(name string, c int) (beta, gamma *G.Node) {
	beta = b.Parameter(name+".bias", Constant(0), c)
	return beta, b.Parameter(name+".weight", Constant(1), c)
}

// IsRunning reports whether a parameter is the running statistics [2, C] of a norm: means in row 0, variances in row
// 1.
func IsRunning(p Param) bool { return strings.HasSuffix(p.Name, ".running") }

// runningStart is mean 0 and variance 1.
var runningStart = Initializer{fill: func(to []float32, _ *rand.Rand) {
	for i := range to[len(to)/2:] {
		to[len(to)/2+i] = 1
	}
}}
