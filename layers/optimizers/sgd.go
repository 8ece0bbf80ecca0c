package optimizers

import "r2unet/internal/setting"

func init() {
	Register("sgd", func(s setting.Setting) Optimizer {
		return sgd{momentum: s.Number("momentum"), nesterov: s.Word("nesterov") == "yes"}
	}, setting.Number("momentum", 0.9, 0, 0.999999), setting.Word("nesterov", "yes", "no"))
}

// sgd is stochastic gradient descent with momentum, as PyTorch computes it: v = momentum·v + g, and w = w −
// rate·(g + momentum·v) with Nesterov's momentum, w = w − rate·v without.
type sgd struct {
	momentum float64
	nesterov bool
}

func (sgd) State() []string { return []string{"momentum"} }

func (sgd) Numbers(rate float64, _ int) []float64 { return []float64{rate} }

func (s sgd) Update(n []float64, w, g float64, state []float64) float64 {
	state[0] = s.momentum*state[0] + g
	if s.nesterov {
		return w - n[0]*(g+s.momentum*state[0])
	}
	return w - n[0]*state[0]
}
