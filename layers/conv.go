package layers

import (
	"cmp"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/op"
)

// Convolution is the geometry of a convolution; zero values mean a 3×3 kernel with stride, dilation and groups of 1.
type Convolution struct {
	Kernel   int // size, odd
	Stride   int // px; divides the sides of the map
	Dilation int // px
	Groups   int // as many as channels: a depthwise convolution
	Bias     bool
}

// Conv is a convolution with weights of its own, [out, in/groups, k, k] from He's distribution (for k = 1, PyTorch's
// uniform one), and zero padding that keeps the size of a map at stride 1: x [N, in, H, W] to
// [N, out, H/stride, W/stride].
func (b *Builder) Conv(name string, x *G.Node, out int, c Convolution) *G.Node {
	window := calls.Window{
		Kernel: cmp.Or(c.Kernel, 3), Stride: cmp.Or(c.Stride, 1),
		Dilation: cmp.Or(c.Dilation, 1), Groups: cmp.Or(c.Groups, 1),
	}
	w, bias := b.convParameters(name, b.Channels(x)/window.Groups, out, window.Kernel, c.Bias)
	return b.do(name, func() (*G.Node, error) { return op.Convolve(x, w, bias, window) })
}

// ConvOnto is a convolution with stride 1 and an addend [N, out, H, W], added without another pass over memory. The
// kernel size is 1 or 3.
func (b *Builder) ConvOnto(name string, addend, x *G.Node, kernel int, bias bool) *G.Node {
	return b.conv(name, x, b.Channels(addend), kernel, bias, addend)
}

// conv is a convolution with weights of its own and kernel size k = 1 or 3. The bias and the addend (nil: none) are
// added inside the kernel.
func (b *Builder) conv(name string, x *G.Node, out, k int, bias bool, addend *G.Node) *G.Node {
	w, offset := b.convParameters(name, b.Channels(x), out, k, bias)
	return b.do(name, func() (*G.Node, error) { return op.Conv(x, w, offset, addend) })
}

func (b *Builder) convParameters(name string, in, out, k int, bias bool) (w, offset *G.Node) {
	init := HeNormal(in * k * k)
	if k == 1 {
		init = Uniform(in)
	}
	w = b.Parameter(name+".weight", init, out, in, k, k)
	if bias {
		offset = b.Parameter(name+".bias", Constant(0), out)
	}
	return w, offset
}

// Project is the 1×1 convolution with bias that changes the number of channels (P in docs/specification.md).
func (b *Builder) Project(name string, x *G.Node, out int) *G.Node {
	return b.conv(name, x, out, 1, true, nil)
}

// Up is the 2×2 transposed convolution with stride 2 and bias: x [N, I, H, W] to [N, out, 2H, 2W].
func (b *Builder) Up(name string, x *G.Node, out int) *G.Node {
	in := b.Channels(x)
	w := b.Parameter(name+".weight", Uniform(4*out), in, out, 2, 2) // here PyTorch's fan-in is out·2·2
	bias := b.Parameter(name+".bias", Constant(0), out)
	return b.do(name, func() (*G.Node, error) { return op.UpConv(x, w, bias) })
}

// ConvUnit is a 3×3 convolution, norm and ReLU (C in docs/specification.md), plus the residual, if it is not nil. For
// networks of another function or order see SetUnits.
func (b *Builder) ConvUnit(name string, x *G.Node, out int, norm Normalization, residual *G.Node) *G.Node {
	return b.Unit(name, x, out, Convolution{}, norm, residual)
}

// Unit is ConvUnit with a convolution of another geometry. Whether it has a bias follows from the norm.
func (b *Builder) Unit(
	name string, x *G.Node, out int, c Convolution, norm Normalization, residual *G.Node,
) *G.Node {
	c.Bias = b.biased(norm)
	return b.finish(name+".norm", b.Conv(name+".conv", x, out, c), norm, residual)
}

// SetUnits sets what follows the convolution in ConvUnit, Unit and RCL: a function other than ReLU, and whether it
// comes before the norm, as in Galdran et al. 2022 ("lwnet").
func (b *Builder) SetUnits(f Function, beforeNorm bool) { b.function, b.before = f, beforeNorm }

// biased reports whether convolutions have a bias: unless the norm behind them subtracts it again.
func (b *Builder) biased(norm Normalization) bool { return b.before || norm.KeepsBias() }

// finish is what follows the convolution of a unit: norm and function in the order of SetUnits, plus the residual, if
// it is not nil.
func (b *Builder) finish(name string, z *G.Node, norm Normalization, residual *G.Node) *G.Node {
	if b.before && norm != NormNone {
		return b.Activate(name, b.Activate(name, z, NormNone, b.function, nil), norm, Identity, residual)
	}
	return b.Activate(name, z, norm, b.function, residual)
}

// Function is the function after a norm: one of ReLU, Identity, Leaky, ELU, SiLU and Logistic.
type Function = calls.Function

// The functions: max(u, 0); u; u or 0.01·u below 0; u or e^u − 1 below 0; u·σ(u); σ(u).
const (
	ReLU     = calls.ReLU
	Identity = calls.Identity
	Leaky    = calls.Leaky
	ELU      = calls.ELU
	SiLU     = calls.SiLU
	Logistic = calls.Logistic
)
