package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// PixelLoss is the mean over pixels of value(logit, truth), whose derivative is slope: logits and target are
// [N, 1, H, W], the result a scalar. A weight, if it is not nil, is a factor for pixels of truth 1.
func PixelLoss(
	name string, logits, target *G.Node, value, slope func(logit, truth float64) float64,
	weight func(positives, negatives float64) float64,
) (*G.Node, error) {
	return lossOf(
		name, logits, target,
		func(t []*device.Tensor, loss *device.Tensor) device.Call {
			return &calls.PixelLoss{
				Of: name, Value: value, PositiveWeight: weight, Logits: t[0], Target: t[1], Loss: loss,
			}
		},
		func(t []*device.Tensor, d *device.Tensor) device.Call {
			return &calls.PixelLossGrad{
				Of: name, Slope: slope, PositiveWeight: weight, Logits: t[0], Target: t[1], Grad: t[2], DLogits: d,
			}
		},
	)
}

// RegionLoss is a function of the sums over the batch, or its mean over the images, with its derivatives: logits and
// target are [N, 1, H, W], the result a scalar.
func RegionLoss(
	name string, logits, target *G.Node, perImage bool,
	value func(calls.Region) float64, slope func(calls.Region) (both, predicted float64),
) (*G.Node, error) {
	return lossOf(
		name, logits, target,
		func(t []*device.Tensor, loss *device.Tensor) device.Call {
			return &calls.RegionLoss{Of: name, Value: value, PerImage: perImage, Logits: t[0], Target: t[1], Loss: loss}
		},
		func(t []*device.Tensor, d *device.Tensor) device.Call {
			return &calls.RegionLossGrad{
				Of: name, Slope: slope, PerImage: perImage, Logits: t[0], Target: t[1], Grad: t[2], DLogits: d,
			}
		},
	)
}

// CLDice is the soft clDice loss of logits against a target, both [N, 1, H, W], with skeletons after so many erosions.
func CLDice(logits, target *G.Node, iterations int, smooth float64) (*G.Node, error) {
	return lossOf(
		"clDice", logits, target,
		func(t []*device.Tensor, loss *device.Tensor) device.Call {
			return &calls.CLDice{Iterations: iterations, Smooth: smooth, Logits: t[0], Target: t[1], Loss: loss}
		},
		func(t []*device.Tensor, d *device.Tensor) device.Call {
			return &calls.CLDiceGrad{
				Iterations: iterations, Smooth: smooth, Logits: t[0], Target: t[1], Grad: t[2], DLogits: d,
			}
		},
	)
}

// lossOf is a scalar of logits and target. The tensors of the gradient's call are logits, target and the scalar
// gradient with respect to the loss, which is nil if the loss is the root.
func lossOf(
	name string, logits, target *G.Node, lower, gradient func(t []*device.Tensor, out *device.Tensor) device.Call,
) (*G.Node, error) {
	if err := maps(logits, target); err != nil {
		return nil, fmt.Errorf("%s loss: %w", name, err)
	}
	return scalarLoss(name, logits, target, lower, gradient)
}

// scalarLoss is lossOf for logits and a target that were checked.
func scalarLoss(
	name string, logits, target *G.Node, lower, gradient func(t []*device.Tensor, out *device.Tensor) device.Call,
) (*G.Node, error) {
	return apply(spec{
		name:           "Loss " + name,
		inputs:         []*G.Node{logits, target},
		shape:          tensor.ScalarShape(),
		lower:          lower,
		differentiable: []bool{true, false},
		gradient: func(s []*G.Node, _, grad *G.Node, acc []*G.Node) ([]*G.Node, error) {
			d, err := apply(spec{
				name:   "LossGrad " + name,
				inputs: []*G.Node{s[0], s[1], grad},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower:  gradient,
			})
			if err != nil {
				return nil, err
			}
			d, err = accumulate(acc[0], d)
			return []*G.Node{d, nil}, err
		},
	})
}
