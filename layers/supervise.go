package layers

import G "gorgonia.org/gorgonia"

// Supervised are logits that training looks at besides those of the network's result: the loss is the sum of the
// result's and of Weight times that of each of these.
type Supervised struct {
	Logits *G.Node
	Weight float64
}

// Supervise adds logits of the shape of the network's result to the loss.
func (b *Builder) Supervise(logits *G.Node, weight float64) {
	b.taught = append(b.taught, Supervised{logits, weight})
}

// TotalLoss is the loss of a network's logits and, of the network that was built, of all that it supervises.
func (b *Builder) TotalLoss(logits *G.Node, of func(logits *G.Node) *G.Node) *G.Node {
	loss := of(logits)
	if len(b.taught) == 0 {
		return loss
	}
	terms, factors := []*G.Node{loss}, []float64{1}
	for _, s := range b.taught {
		terms, factors = append(terms, of(s.Logits)), append(factors, s.Weight)
	}
	return b.WeightedSum(terms, factors)
}
