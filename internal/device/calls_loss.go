package device

// LossWeights says what the loss is made of: BCE·(mean binary cross-entropy over all pixels, from logits) +
// Dice·(1 − (2Σpt + 1)/(Σp + Σt + 1)), p = sigmoid(logit), sums over the whole batch.
type LossWeights struct{ BCE, Dice float64 }

// Loss is the training loss: Logits and Target [N, 1, H, W], Target in {0, 1}; Loss is a scalar.
type Loss struct {
	Weights              LossWeights
	Logits, Target, Loss *Tensor
}

func (*Loss) Name() string        { return "loss" }
func (c *Loss) Reads() []*Tensor  { return present(c.Logits, c.Target) }
func (c *Loss) Writes() []*Tensor { return present(c.Loss) }
func (*Loss) InPlace() []*Tensor  { return nil }
func (*Loss) FLOPs() float64      { return 0 }

// LossGrad is the gradient of Loss with respect to the logits.
type LossGrad struct {
	Weights                 LossWeights
	Logits, Target, DLogits *Tensor
}

func (*LossGrad) Name() string        { return "loss gradient" }
func (c *LossGrad) Reads() []*Tensor  { return present(c.Logits, c.Target) }
func (c *LossGrad) Writes() []*Tensor { return present(c.DLogits) }
func (*LossGrad) InPlace() []*Tensor  { return nil }
func (*LossGrad) FLOPs() float64      { return 0 }

// Scores is what a training curve records beside the loss: Scores [2], the mean squared error of the probabilities and the
// accuracy at threshold 0.5 (a pixel is positive where its logit is > 0).
type Scores struct{ Logits, Target, Scores *Tensor }

func (*Scores) Name() string        { return "scores" }
func (c *Scores) Reads() []*Tensor  { return present(c.Logits, c.Target) }
func (c *Scores) Writes() []*Tensor { return present(c.Scores) }
func (*Scores) InPlace() []*Tensor  { return nil }
func (*Scores) FLOPs() float64      { return 0 }

// Sigmoid is P = 1/(1 + exp(−Logits)).
type Sigmoid struct{ Logits, P *Tensor }

func (*Sigmoid) Name() string         { return "sigmoid" }
func (c *Sigmoid) Reads() []*Tensor   { return present(c.Logits) }
func (c *Sigmoid) Writes() []*Tensor  { return present(c.P) }
func (c *Sigmoid) InPlace() []*Tensor { return present(c.Logits) }
func (*Sigmoid) FLOPs() float64       { return 0 }

// Adam is one step of Adam (Kingma and Ba 2015, as PyTorch computes it) over flat vectors of the same length:
//
//	M = Beta1·M + (1−Beta1)·Grad,  V = Beta2·V + (1−Beta2)·Grad²
//	Param = Param − Rates[0] · M / (√V·Rates[1] + Epsilon)
//
// Rates [2] = (rate/(1−Beta1^k), 1/√(1−Beta2^k)) for step k = 1, 2, … is written by the host before each run, so that a
// captured step can be replayed.
type Adam struct {
	Param, Grad, M, V, Rates *Tensor
	Beta1, Beta2, Epsilon    float64
}

func (*Adam) Name() string        { return "Adam" }
func (c *Adam) Reads() []*Tensor  { return present(c.Param, c.Grad, c.M, c.V, c.Rates) }
func (c *Adam) Writes() []*Tensor { return present(c.Param, c.M, c.V) }
func (*Adam) InPlace() []*Tensor  { return nil }
func (*Adam) FLOPs() float64      { return 0 }
