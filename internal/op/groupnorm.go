package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// GroupNorm normalizes each group of channels of each sample by its own statistics: x [N, C, H, W] with C a multiple of
// groups; gamma and beta are [C], and belong to one application.
func GroupNorm(x, gamma, beta *G.Node, groups int) (*G.Node, error) {
	if err := features("x", x); err != nil {
		return nil, fmt.Errorf("group norm: %w", err)
	}
	c := x.Shape()[1]
	if groups < 1 || c%groups != 0 {
		return nil, fmt.Errorf("group norm: %d channels are not a multiple of %d groups", c, groups)
	}
	if err := firstError(shaped("gamma", gamma, c), shaped("beta", beta, c)); err != nil {
		return nil, fmt.Errorf("group norm: %w", err)
	}
	return apply(spec{
		name:   "GroupNorm",
		inputs: []*G.Node{x, gamma, beta},
		shape:  x.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.GroupNorm{X: t[0], Gamma: t[1], Beta: t[2], Y: y, Groups: groups, Epsilon: Epsilon}
		},
		differentiable: []bool{true, true, true},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			if acc[1] != nil || acc[2] != nil {
				return nil, fmt.Errorf("a norm whose parameters are used twice")
			}
			sums, err := apply(spec{
				name:   "GroupNormGradSums",
				inputs: []*G.Node{s[0], dy},
				shape:  tensor.Shape{2, c},
				lower: func(t []*device.Tensor, sums *device.Tensor) device.Call {
					return &calls.GroupNormGradSums{X: t[0], DY: t[1], Sums: sums, Groups: groups, Epsilon: Epsilon}
				},
			})
			if err != nil {
				return nil, err
			}
			dbeta, err := rowOf(sums, 0)
			if err != nil {
				return nil, err
			}
			dgamma, err := rowOf(sums, 1)
			if err != nil {
				return nil, err
			}
			dx, err := apply(spec{
				name:   "GroupNormGrad",
				inputs: []*G.Node{s[0], s[1], dy, acc[0]},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
					return &calls.GroupNormGrad{
						X: t[0], Gamma: t[1], DY: t[2], Acc: t[3], DX: dx, Groups: groups, Epsilon: Epsilon,
					}
				},
			})
			return []*G.Node{dx, dgamma, dbeta}, err
		},
	})
}
