package layers

import (
	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/op"
)

// LossWeights say how much of each loss: binary cross-entropy from the logits, and Dice.
type LossWeights = calls.LossWeights

// Loss is the scalar training loss of logits against a target in {0, 1}, both [N, 1, H, W].
func (b *Builder) Loss(logits, target *G.Node, weights LossWeights) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Loss(logits, target, weights) })
}

// Scores is [2]: mean squared error of the probabilities and accuracy at threshold 0.5.
func (b *Builder) Scores(logits, target *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Scores(logits, target) })
}

// Sigmoid makes probabilities of logits.
func (b *Builder) Sigmoid(logits *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Sigmoid(logits) })
}
