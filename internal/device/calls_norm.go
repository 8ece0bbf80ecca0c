package device

// BatchStats is the mean and biased variance of each channel of Z over N, H, W.
type BatchStats struct{ Z, Stats *Tensor }

func (*BatchStats) Name() string        { return "batch statistics" }
func (c *BatchStats) Reads() []*Tensor  { return present(c.Z) }
func (c *BatchStats) Writes() []*Tensor { return present(c.Stats) }
func (*BatchStats) InPlace() []*Tensor  { return nil }
func (*BatchStats) FLOPs() float64      { return 0 }

// UpdateRunning moves running statistics [2, C] towards a batch's: Running = (1−Momentum)·Running + Momentum·batch, the
// batch's variance made unbiased by Count/(Count−1). Count is N·H·W.
type UpdateRunning struct {
	Stats, Running *Tensor
	Momentum       float64
	Count          int
}

func (*UpdateRunning) Name() string        { return "running statistics" }
func (c *UpdateRunning) Reads() []*Tensor  { return present(c.Stats, c.Running) }
func (c *UpdateRunning) Writes() []*Tensor { return present(c.Running) }
func (*UpdateRunning) InPlace() []*Tensor  { return nil }
func (*UpdateRunning) FLOPs() float64      { return 0 }

// Activate is Y = ReLU(norm(Z)) + Residual; with Norm nil it is ReLU(Z) + Residual. It serves training, where Norm.Stats
// are the batch's, and evaluation, where they are the running ones.
type Activate struct {
	Z        *Tensor
	Norm     *Norm
	Residual *Tensor
	Y        *Tensor
}

func (c *Activate) Name() string {
	if c.Norm == nil {
		return "ReLU"
	}
	return "norm + ReLU"
}

func (c *Activate) Reads() []*Tensor   { return append(present(c.Z, c.Residual), c.Norm.tensors()...) }
func (c *Activate) Writes() []*Tensor  { return present(c.Y) }
func (c *Activate) InPlace() []*Tensor { return present(c.Z, c.Residual) }
func (*Activate) FLOPs() float64       { return 0 }

// NormGradSums is the first pass of the gradient of Activate with a norm. With d = DY where norm(Z) > 0, else 0, and
// x̂ = (Z − mean)/√(variance + ε): Sums [2, C], row 0 = Σ d (the gradient of Beta), row 1 = Σ d·x̂ (the gradient of Gamma).
type NormGradSums struct {
	Z    *Tensor
	Norm *Norm
	DY   *Tensor
	Sums *Tensor
}

func (*NormGradSums) Name() string        { return "norm + ReLU gradient sums" }
func (c *NormGradSums) Reads() []*Tensor  { return append(present(c.Z, c.DY), c.Norm.tensors()...) }
func (c *NormGradSums) Writes() []*Tensor { return present(c.Sums) }
func (*NormGradSums) InPlace() []*Tensor  { return nil }
func (*NormGradSums) FLOPs() float64      { return 0 }

// ActivateGrad is the gradient of Activate with respect to Z. With a norm over batch statistics, M = N·H·W:
//
//	DZ = Acc + Gamma/√(variance + ε) · (d − Sums[0]/M − x̂·Sums[1]/M)
//
// and without one DZ = Acc + d, where d = DY where Z > 0.
type ActivateGrad struct {
	Z        *Tensor
	Norm     *Norm
	DY, Sums *Tensor
	Acc, DZ  *Tensor
}

func (c *ActivateGrad) Name() string {
	if c.Norm == nil {
		return "ReLU gradient"
	}
	return "norm + ReLU gradient"
}

func (c *ActivateGrad) Reads() []*Tensor {
	return append(present(c.Z, c.DY, c.Sums, c.Acc), c.Norm.tensors()...)
}
func (c *ActivateGrad) Writes() []*Tensor  { return present(c.DZ) }
func (c *ActivateGrad) InPlace() []*Tensor { return present(c.Acc, c.DY) }
func (*ActivateGrad) FLOPs() float64       { return 0 }
