package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// MaxPool is the 2×2 maximum with stride 2: x [N, C, H, W] with even H and W, the result [N, C, H/2, W/2].
func MaxPool(x *G.Node) (*G.Node, error) {
	if err := features("x", x); err != nil {
		return nil, fmt.Errorf("max-pool: %w", err)
	}
	c, h, w := x.Shape()[1], x.Shape()[2], x.Shape()[3]
	if h%2 != 0 || w%2 != 0 {
		return nil, fmt.Errorf("max-pool: %d×%d pixels, expected even numbers", w, h)
	}
	return apply(spec{
		name:   "MaxPool2x2",
		inputs: []*G.Node{x},
		shape:  resized(x, c, h/2, w/2),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.MaxPool{X: t[0], Y: y}
		},
		differentiable: []bool{true},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			dx, err := apply(spec{
				name:   "MaxPoolGrad",
				inputs: []*G.Node{s[0], dy, acc[0]},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
					return &calls.MaxPoolGrad{X: t[0], DY: t[1], Acc: t[2], DX: dx}
				},
			})
			return []*G.Node{dx}, err
		},
	})
}

// Concat is [a, b] along channels: a [N, A, H, W], b [N, B, H, W], the result [N, A+B, H, W].
func Concat(a, b *G.Node) (*G.Node, error) {
	if err := firstError(features("a", a), features("b", b)); err != nil {
		return nil, fmt.Errorf("concatenation: %w", err)
	}
	n, ca, cb, h, w := a.Shape()[0], a.Shape()[1], b.Shape()[1], a.Shape()[2], a.Shape()[3]
	if err := shaped("b", b, n, cb, h, w); err != nil {
		return nil, fmt.Errorf("concatenation: %w", err)
	}
	return apply(spec{
		name:   "Concat",
		inputs: []*G.Node{a, b},
		shape:  resized(a, ca+cb, h, w),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Concat{A: t[0], B: t[1], Y: y}
		},
		differentiable: []bool{true, true},
		gradient: func(_ []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			da, err := channels(dy, 0, ca)
			if err != nil {
				return nil, err
			}
			db, err := channels(dy, ca, cb)
			if err != nil {
				return nil, err
			}
			if da, err = accumulate(acc[0], da); err != nil {
				return nil, err
			}
			db, err = accumulate(acc[1], db)
			return []*G.Node{da, db}, err
		},
	})
}

// channels returns `count` channels of x from `start` on: a view if the device can read them in place.
func channels(x *G.Node, start, count int) (*G.Node, error) {
	return apply(spec{
		name:   "Channels",
		inputs: []*G.Node{x},
		shape:  resized(x, count, x.Shape()[2], x.Shape()[3]),
		kind:   device.Features,
		view:   true,
		start:  start,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Slice{X: t[0], Y: y, Start: start}
		},
	})
}

// accumulate returns acc + term, or term if nothing has been accumulated.
func accumulate(acc, term *G.Node) (*G.Node, error) {
	if acc == nil {
		return term, nil
	}
	return apply(spec{
		name:   "Add",
		inputs: []*G.Node{acc, term},
		shape:  term.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Add{A: t[0], B: t[1], Y: y}
		},
	})
}
