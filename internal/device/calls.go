package device

// A Call is one kernel call: a description of what to compute with which tensors. Each kind of call is a struct of
// its own; a nil tensor is an input or output that is not there. Shapes: features x [N, C, H, W]; statistics [2, C], the
// mean in row 0 and the biased variance in row 1.
type Call interface {
	// Name is the operator's name in profiles: "conv 3x3", "max-pool".
	Name() string
	// Reads and Writes list the tensors; a tensor that is updated stands in both.
	Reads() []*Tensor
	Writes() []*Tensor
	// InPlace lists the inputs whose memory the first output may take, because each of their elements is read before the
	// same element of the output is written.
	InPlace() []*Tensor
	// FLOPs counts multiplications and additions of convolutions, as a direct convolution does them; 0 for other calls.
	FLOPs() float64
}

// present drops the nil tensors.
func present(ts ...*Tensor) []*Tensor {
	out := make([]*Tensor, 0, len(ts))
	for _, t := range ts {
		if t != nil {
			out = append(out, t)
		}
	}
	return out
}

// Norm is a batch normalization: y = Gamma·(z − mean)/√(variance + Epsilon) + Beta.
type Norm struct {
	Stats, Gamma, Beta *Tensor // [2, C], [C], [C]
	Epsilon            float64
}

func (n *Norm) tensors() []*Tensor {
	if n == nil {
		return nil
	}
	return []*Tensor{n.Stats, n.Gamma, n.Beta}
}

// Add is Y = A + B over features.
type Add struct{ A, B, Y *Tensor }

func (*Add) Name() string         { return "add" }
func (c *Add) Reads() []*Tensor   { return present(c.A, c.B) }
func (c *Add) Writes() []*Tensor  { return present(c.Y) }
func (c *Add) InPlace() []*Tensor { return present(c.A, c.B) }
func (*Add) FLOPs() float64       { return 0 }

// Concat is Y = [A, B] along channels, for devices and channel counts that need a copy.
type Concat struct{ A, B, Y *Tensor }

func (*Concat) Name() string        { return "concat" }
func (c *Concat) Reads() []*Tensor  { return present(c.A, c.B) }
func (c *Concat) Writes() []*Tensor { return present(c.Y) }
func (*Concat) InPlace() []*Tensor  { return nil }
func (*Concat) FLOPs() float64      { return 0 }

// Slice is Y = channels Start … Start+C of X, C being Y's channels; for devices and channel counts that need a copy.
type Slice struct {
	X, Y  *Tensor
	Start int
}

func (*Slice) Name() string        { return "slice" }
func (c *Slice) Reads() []*Tensor  { return present(c.X) }
func (c *Slice) Writes() []*Tensor { return present(c.Y) }
func (*Slice) InPlace() []*Tensor  { return nil }
func (*Slice) FLOPs() float64      { return 0 }

// MaxPool is the 2×2 maximum with stride 2: X [N, C, 2H, 2W], Y [N, C, H, W].
type MaxPool struct{ X, Y *Tensor }

func (*MaxPool) Name() string        { return "max-pool" }
func (c *MaxPool) Reads() []*Tensor  { return present(c.X) }
func (c *MaxPool) Writes() []*Tensor { return present(c.Y) }
func (*MaxPool) InPlace() []*Tensor  { return nil }
func (*MaxPool) FLOPs() float64      { return 0 }

// MaxPoolGrad sends each DY to the first maximum of its window in row-major order: DX = Acc + that.
type MaxPoolGrad struct{ X, DY, Acc, DX *Tensor }

func (*MaxPoolGrad) Name() string         { return "max-pool gradient" }
func (c *MaxPoolGrad) Reads() []*Tensor   { return present(c.X, c.DY, c.Acc) }
func (c *MaxPoolGrad) Writes() []*Tensor  { return present(c.DX) }
func (c *MaxPoolGrad) InPlace() []*Tensor { return present(c.Acc) }
func (*MaxPoolGrad) FLOPs() float64       { return 0 }

// ChannelSum is Sum[c] = Acc[c] + Σ X[n, c, h, w]: the gradient of a bias.
type ChannelSum struct{ X, Acc, Sum *Tensor }

func (*ChannelSum) Name() string         { return "bias gradient" }
func (c *ChannelSum) Reads() []*Tensor   { return present(c.X, c.Acc) }
func (c *ChannelSum) Writes() []*Tensor  { return present(c.Sum) }
func (c *ChannelSum) InPlace() []*Tensor { return present(c.Acc) }
func (*ChannelSum) FLOPs() float64       { return 0 }
