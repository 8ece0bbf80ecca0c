package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// AvgPool is the 2×2 mean with stride 2: x [N, C, H, W] with even H and W, the result [N, C, H/2, W/2].
func AvgPool(x *G.Node) (*G.Node, error) {
	if err := features("x", x); err != nil {
		return nil, fmt.Errorf("average pool: %w", err)
	}
	c, h, w := x.Shape()[1], x.Shape()[2], x.Shape()[3]
	if h%2 != 0 || w%2 != 0 {
		return nil, fmt.Errorf("average pool: %d×%d pixels, expected even numbers", w, h)
	}
	return apply(spec{
		name:   "AvgPool",
		inputs: []*G.Node{x},
		shape:  resized(x, c, h/2, w/2),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.AvgPool{X: t[0], Y: y}
		},
		differentiable: []bool{true},
		gradient: alone("AvgPoolGrad", func(dy, acc, dx *device.Tensor) device.Call {
			return &calls.AvgPoolGrad{DY: dy, Acc: acc, DX: dx}
		}),
	})
}
