package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// DropBlock drops squares of size×size pixels of single channels at a rate in [0, 1), with a mask that is a function of
// the seed, the step and the position. step is a scalar, the number of training batches before this one.
func DropBlock(x, step *G.Node, rate float64, size int, seed uint64) (*G.Node, error) {
	if err := features("x", x); err != nil {
		return nil, fmt.Errorf("drop-block: %w", err)
	}
	if !(rate >= 0 && rate < 1) || size < 1 {
		return nil, fmt.Errorf("drop-block: rate %g of squares of %d px, expected a rate of at least 0 and below 1, "+
			"and at least 1 px", rate, size)
	}
	return apply(spec{
		name:   "DropBlock",
		inputs: []*G.Node{x, step},
		shape:  x.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.DropBlock{X: t[0], Step: t[1], Y: y, Rate: rate, Size: size, Seed: seed}
		},
		differentiable: []bool{true, false},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			dx, err := apply(spec{
				name:   "DropBlockGrad",
				inputs: []*G.Node{dy, s[1], acc[0]},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
					return &calls.DropBlockGrad{
						DY: t[0], Step: t[1], Acc: t[2], DX: dx, Rate: rate, Size: size, Seed: seed,
					}
				},
			})
			return []*G.Node{dx, nil}, err
		},
	})
}
