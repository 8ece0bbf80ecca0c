package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Loss is the scalar training loss of logits [N, 1, H, W] against a target in {0, 1} of the same shape: binary
// cross-entropy, Dice, or a weighted sum of both.
func Loss(logits, target *G.Node, weights calls.LossWeights) (*G.Node, error) {
	if weights.BCE < 0 || weights.Dice < 0 || weights.BCE+weights.Dice <= 0 {
		return nil, fmt.Errorf("loss: weights %+v, expected none negative and one positive", weights)
	}
	return lossOf(
		"BCE+Dice", logits, target,
		func(t []*device.Tensor, loss *device.Tensor) device.Call {
			return &calls.Loss{Weights: weights, Logits: t[0], Target: t[1], Loss: loss}
		},
		func(t []*device.Tensor, d *device.Tensor) device.Call {
			return &calls.LossGrad{Weights: weights, Logits: t[0], Target: t[1], Grad: t[2], DLogits: d}
		},
	)
}

// Scores returns [2]: the mean squared error of the probabilities, and the accuracy at threshold 0.5.
func Scores(logits, target *G.Node) (*G.Node, error) {
	if err := maps(logits, target); err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	return apply(spec{
		name:   "Scores",
		inputs: []*G.Node{logits, target},
		shape:  tensor.Shape{2},
		lower: func(t []*device.Tensor, out *device.Tensor) device.Call {
			return &calls.Scores{Logits: t[0], Target: t[1], Scores: out}
		},
	})
}

// Combine is the weighted sum Σ factors[i]·terms[i] of scalars.
func Combine(terms []*G.Node, factors []float64) (*G.Node, error) {
	if len(terms) == 0 || len(terms) != len(factors) {
		return nil, fmt.Errorf("weighted sum of %d terms with %d factors", len(terms), len(factors))
	}
	differentiable := make([]bool, len(terms))
	for i, t := range terms {
		if t.Dims() != 0 {
			return nil, fmt.Errorf("weighted sum: term %d has shape %v, expected a scalar", i, t.Shape())
		}
		differentiable[i] = true
	}
	return apply(spec{
		name:   "Combine",
		inputs: terms,
		shape:  tensor.ScalarShape(),
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Combine{Terms: t, Factors: factors, Y: y}
		},
		differentiable: differentiable,
		gradient: func(_ []*G.Node, out, grad *G.Node, acc []*G.Node) ([]*G.Node, error) {
			grads := make([]*G.Node, len(terms))
			for i := range terms {
				var err error
				if grads[i], err = scale(terms[i], grad, acc[i], factors[i]); err != nil {
					return nil, err
				}
			}
			return grads, nil
		},
	})
}

// scale is the scalar acc + factor·x, where a nil x means 1 and a nil acc 0. The term determines the graph.
func scale(term, x, acc *G.Node, factor float64) (*G.Node, error) {
	inputs := []*G.Node{x, acc, nil}
	if x == nil && acc == nil {
		inputs[2] = term // not read, but an operator needs an input
	}
	return apply(spec{
		name:   "Scale",
		inputs: inputs,
		shape:  tensor.ScalarShape(),
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Scale{X: t[0], Acc: t[1], Factor: factor, Y: y}
		},
	})
}

// Sigmoid returns the probabilities 1/(1 + exp(−logits)).
func Sigmoid(logits *G.Node) (*G.Node, error) {
	if err := features("logits", logits); err != nil {
		return nil, fmt.Errorf("sigmoid: %w", err)
	}
	return apply(spec{
		name:   "Sigmoid",
		inputs: []*G.Node{logits},
		shape:  logits.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, p *device.Tensor) device.Call {
			return &calls.Sigmoid{Logits: t[0], P: p}
		},
	})
}

// maps checks that logits and target are one-channel maps of the same shape.
func maps(logits, target *G.Node) error {
	if err := features("logits", logits); err != nil {
		return err
	}
	s := logits.Shape()
	return firstError(shaped("logits", logits, s[0], 1, s[2], s[3]), shaped("target", target, s...))
}
