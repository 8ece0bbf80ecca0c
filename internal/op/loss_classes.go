package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Softmax returns the probabilities of K classes over the channels of logits [N, K, H, W].
func Softmax(logits *G.Node) (*G.Node, error) {
	if err := features("logits", logits); err != nil {
		return nil, fmt.Errorf("softmax: %w", err)
	}
	return apply(spec{
		name:   "Softmax",
		inputs: []*G.Node{logits},
		shape:  logits.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, p *device.Tensor) device.Call {
			return &calls.Softmax{Logits: t[0], P: p}
		},
	})
}

// ClassPixelLoss is the mean, over the pixels that are not ignored, of value(log p) with p the probability of the true
// class; slope is its derivative. Logits are [N, K, H, W], target is [N, 1, H, W] with classes 0 … K−1, or −1 for an
// ignored pixel; the result is a scalar.
func ClassPixelLoss(name string, logits, target *G.Node, value, slope func(logp float64) float64) (*G.Node, error) {
	if err := classMaps(logits, target); err != nil {
		return nil, fmt.Errorf("%s loss: %w", name, err)
	}
	return scalarLoss(
		name, logits, target,
		func(t []*device.Tensor, loss *device.Tensor) device.Call {
			return &calls.ClassPixelLoss{Of: name, Value: value, Logits: t[0], Target: t[1], Loss: loss}
		},
		func(t []*device.Tensor, d *device.Tensor) device.Call {
			return &calls.ClassPixelLossGrad{
				Of: name, Slope: slope, Logits: t[0], Target: t[1], Grad: t[2], DLogits: d,
			}
		},
	)
}

// ClassRegionLoss is the mean over the foreground classes of a function of the sums over the batch, or of its mean
// over the images, with its derivatives. Shapes are as in ClassPixelLoss.
func ClassRegionLoss(
	name string, logits, target *G.Node, perImage bool,
	value func(calls.Region) float64, slope func(calls.Region) (both, predicted float64),
) (*G.Node, error) {
	if err := classMaps(logits, target); err != nil {
		return nil, fmt.Errorf("%s loss: %w", name, err)
	}
	return scalarLoss(
		name, logits, target,
		func(t []*device.Tensor, loss *device.Tensor) device.Call {
			return &calls.ClassRegionLoss{
				Of: name, Value: value, PerImage: perImage, Logits: t[0], Target: t[1], Loss: loss,
			}
		},
		func(t []*device.Tensor, d *device.Tensor) device.Call {
			return &calls.ClassRegionLossGrad{
				Of: name, Slope: slope, PerImage: perImage, Logits: t[0], Target: t[1], Grad: t[2], DLogits: d,
			}
		},
	)
}

// ClassScores returns [2]: the mean squared error of the probabilities, and the fraction of pixels whose most probable
// class is the true one. Shapes are as in ClassPixelLoss.
func ClassScores(logits, target *G.Node) (*G.Node, error) {
	if err := classMaps(logits, target); err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	return apply(spec{
		name:   "ClassScores",
		inputs: []*G.Node{logits, target},
		shape:  tensor.Shape{2},
		lower: func(t []*device.Tensor, out *device.Tensor) device.Call {
			return &calls.ClassScores{Logits: t[0], Target: t[1], Scores: out}
		},
	})
}

// classMaps checks that logits have at least two channels, and the target one.
func classMaps(logits, target *G.Node) error {
	if err := features("logits", logits); err != nil {
		return err
	}
	s := logits.Shape()
	if s[1] < 2 {
		return fmt.Errorf("logits: shape %v, expected a channel for each of several classes", s)
	}
	return shaped("target", target, s[0], 1, s[2], s[3])
}
