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
	if err := maps(logits, target); err != nil {
		return nil, fmt.Errorf("loss: %w", err)
	}
	if weights.BCE < 0 || weights.Dice < 0 || weights.BCE+weights.Dice <= 0 {
		return nil, fmt.Errorf("loss: weights %+v, expected none negative and one positive", weights)
	}
	return apply(spec{
		name:   "Loss",
		inputs: []*G.Node{logits, target},
		shape:  tensor.ScalarShape(),
		lower: func(t []*device.Tensor, loss *device.Tensor) device.Call {
			return &calls.Loss{Weights: weights, Logits: t[0], Target: t[1], Loss: loss}
		},
		differentiable: []bool{true, false},
		// The loss is the root: its own gradient is 1 and is not read.
		gradient: func(s []*G.Node, _, _ *G.Node, acc []*G.Node) ([]*G.Node, error) {
			d, err := apply(spec{
				name:   "LossGrad",
				inputs: []*G.Node{s[0], s[1]},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, d *device.Tensor) device.Call {
					return &calls.LossGrad{Weights: weights, Logits: t[0], Target: t[1], DLogits: d}
				},
			})
			if err != nil {
				return nil, err
			}
			d, err = accumulate(acc[0], d)
			return []*G.Node{d, nil}, err
		},
	})
}

// Scores gives [2]: the mean squared error of the probabilities, and the accuracy at threshold 0.5.
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

// Sigmoid gives the probabilities 1/(1 + exp(−logits)).
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
