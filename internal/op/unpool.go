package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Unpool puts each value of v [N, C, H/2, W/2] to where the maximum of its 2×2 window of x [N, C, H, W] was, and zeros
// elsewhere. There is no gradient with respect to x, because the places do not change with it.
func Unpool(v, x *G.Node) (*G.Node, error) {
	if err := firstError(features("v", v), features("x", x)); err != nil {
		return nil, fmt.Errorf("unpool: %w", err)
	}
	if err := shaped("x", x, resized(v, v.Shape()[1], 2*v.Shape()[2], 2*v.Shape()[3])...); err != nil {
		return nil, fmt.Errorf("unpool: %w", err)
	}
	return apply(spec{
		name:   "Unpool",
		inputs: []*G.Node{v, x},
		shape:  x.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.MaxPoolGrad{X: t[1], DY: t[0], DX: y}
		},
		differentiable: []bool{true, false},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			dv, err := apply(spec{
				name:   "UnpoolGrad",
				inputs: []*G.Node{s[1], dy, acc[0]},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, dv *device.Tensor) device.Call {
					return &calls.UnpoolGrad{X: t[0], DY: t[1], Acc: t[2], DV: dv}
				},
			})
			return []*G.Node{dv, nil}, err
		},
	})
}
