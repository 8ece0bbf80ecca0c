package optimizers

func init() { Register("sgd", sgd{}) }

// sgd is stochastic gradient descent with Nesterov's momentum of 0.9, as PyTorch computes it: v = 0.9·v + g, w = w −
// rate·(g + 0.9·v).
type sgd struct{}

const momentum = 0.9

func (sgd) State() []string { return []string{"momentum"} }

func (sgd) Numbers(rate float64, _ int) []float32 { return []float32{float32(rate)} }

func (sgd) Update(n []float32, w, g float64, state []float64) float64 {
	state[0] = momentum*state[0] + g
	return w - float64(n[0])*(g+momentum*state[0])
}
