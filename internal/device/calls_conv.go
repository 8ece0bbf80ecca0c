package device

import "fmt"

// Conv is a convolution with stride 1 and zero padding k/2 for k = 1 or 3, with everything that can be done while its
// result is still in registers:
//
//	z = W * X + Bias + Addend            X [N, I, H, W], W [O, I, k, k], Bias [O], Addend and Z [N, O, H, W]
//	Stats = mean and biased variance of z for each channel over N, H, W
//	y = ReLU(norm(z)) + Residual         with Norm nil: ReLU(z) + Residual
//
// Z, Stats and Y are written where they are not nil; at least one of Z and Y is there.
type Conv struct {
	X, W, Bias, Addend *Tensor
	Norm               *Norm
	Residual           *Tensor
	Z, Stats, Y        *Tensor
}

// Name tells the kernel size.
func (c *Conv) Name() string { return fmt.Sprintf("conv %dx%d", c.W.Shape[2], c.W.Shape[3]) }

// Reads lists X, W and what else there is.
func (c *Conv) Reads() []*Tensor {
	return append(present(c.X, c.W, c.Bias, c.Addend, c.Residual), c.Norm.tensors()...)
}
func (c *Conv) Writes() []*Tensor { return present(c.Z, c.Y, c.Stats) }

// InPlace is empty: Addend and Residual are read at the place being written, but both may be there and either output first.
func (c *Conv) InPlace() []*Tensor { return nil }
func (c *Conv) FLOPs() float64     { return convFLOPs(c.X, c.W) }

// convFLOPs counts 2·N·H·W·O·I·k² where x is at the convolution's resolution.
func convFLOPs(x, w *Tensor) float64 {
	return 2 * float64(x.Shape[0]) * float64(x.Shape[2]) * float64(x.Shape[3]) * float64(w.Elements())
}

// ConvGradData is the data gradient of Conv: DX = Acc + Wᵀ * DZ. DZ [N, O, H, W], W [O, I, k, k], DX [N, I, H, W].
type ConvGradData struct{ DZ, W, Acc, DX *Tensor }

func (c *ConvGradData) Name() string {
	return fmt.Sprintf("conv %dx%d data gradient", c.W.Shape[2], c.W.Shape[3])
}
func (c *ConvGradData) Reads() []*Tensor   { return present(c.DZ, c.W, c.Acc) }
func (c *ConvGradData) Writes() []*Tensor  { return present(c.DX) }
func (c *ConvGradData) InPlace() []*Tensor { return present(c.Acc) }
func (c *ConvGradData) FLOPs() float64     { return convFLOPs(c.DZ, c.W) }

// ConvGradWeight is the weight gradient of Conv: DW[o, i, u, v] = Acc[o, i, u, v] + Σ DZ[n, o, h, w]·X[n, i, h+u−k/2, w+v−k/2].
type ConvGradWeight struct{ DZ, X, Acc, DW *Tensor }

func (c *ConvGradWeight) Name() string {
	return fmt.Sprintf("conv %dx%d weight gradient", c.DW.Shape[2], c.DW.Shape[3])
}
func (c *ConvGradWeight) Reads() []*Tensor   { return present(c.DZ, c.X, c.Acc) }
func (c *ConvGradWeight) Writes() []*Tensor  { return present(c.DW) }
func (c *ConvGradWeight) InPlace() []*Tensor { return present(c.Acc) }
func (c *ConvGradWeight) FLOPs() float64     { return convFLOPs(c.X, c.DW) }

// UpConv is the 2×2 transposed convolution with stride 2: X [N, I, H, W], W [I, O, 2, 2], Bias [O], Y [N, O, 2H, 2W].
type UpConv struct{ X, W, Bias, Y *Tensor }

func (*UpConv) Name() string        { return "up-conv 2x2" }
func (c *UpConv) Reads() []*Tensor  { return present(c.X, c.W, c.Bias) }
func (c *UpConv) Writes() []*Tensor { return present(c.Y) }
func (*UpConv) InPlace() []*Tensor  { return nil }
func (c *UpConv) FLOPs() float64    { return convFLOPs(c.X, c.W) }

// UpConvGradData is the data gradient of UpConv: DX = Acc + W * DY with stride 2. DY [N, O, 2H, 2W], DX [N, I, H, W].
type UpConvGradData struct{ DY, W, Acc, DX *Tensor }

func (*UpConvGradData) Name() string         { return "up-conv 2x2 data gradient" }
func (c *UpConvGradData) Reads() []*Tensor   { return present(c.DY, c.W, c.Acc) }
func (c *UpConvGradData) Writes() []*Tensor  { return present(c.DX) }
func (c *UpConvGradData) InPlace() []*Tensor { return present(c.Acc) }
func (c *UpConvGradData) FLOPs() float64     { return convFLOPs(c.DX, c.W) }

// UpConvGradWeight is the weight gradient of UpConv: DW[i, o, u, v] = Acc + Σ X[n, i, h, w]·DY[n, o, 2h+u, 2w+v].
type UpConvGradWeight struct{ DY, X, Acc, DW *Tensor }

func (*UpConvGradWeight) Name() string         { return "up-conv 2x2 weight gradient" }
func (c *UpConvGradWeight) Reads() []*Tensor   { return present(c.DY, c.X, c.Acc) }
func (c *UpConvGradWeight) Writes() []*Tensor  { return present(c.DW) }
func (c *UpConvGradWeight) InPlace() []*Tensor { return present(c.Acc) }
func (c *UpConvGradWeight) FLOPs() float64     { return convFLOPs(c.X, c.DW) }
