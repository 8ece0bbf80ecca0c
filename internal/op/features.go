package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Sum is a + b over features of one shape.
func Sum(a, b *G.Node) (*G.Node, error) {
	if err := firstError(features("a", a), shaped("b", b, a.Shape()...)); err != nil {
		return nil, fmt.Errorf("sum: %w", err)
	}
	return apply(spec{
		name:   "Sum",
		inputs: []*G.Node{a, b},
		shape:  a.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Add{A: t[0], B: t[1], Y: y}
		},
		differentiable: []bool{true, true},
		gradient: func(_ []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			da, err := accumulate(acc[0], dy)
			if err != nil {
				return nil, err
			}
			db, err := accumulate(acc[1], dy)
			return []*G.Node{da, db}, err
		},
	})
}

// Multiply is x·g over features [N, C, H, W]. The gate g has the shape of x, or one channel [N, 1, H, W] for all
// channels, or one pixel [N, C, 1, 1] for all pixels.
func Multiply(x, g *G.Node) (*G.Node, error) {
	if err := firstError(features("x", x), features("gate", g)); err != nil {
		return nil, fmt.Errorf("multiply: %w", err)
	}
	n, c, h, w := x.Shape()[0], x.Shape()[1], x.Shape()[2], x.Shape()[3]
	if shaped("", g, n, c, h, w) != nil && shaped("", g, n, 1, h, w) != nil && shaped("", g, n, c, 1, 1) != nil {
		return nil, fmt.Errorf("multiply: gate of shape %v for %v, expected the same, or one channel, or one pixel",
			g.Shape(), x.Shape())
	}
	return apply(spec{
		name:   "Multiply",
		inputs: []*G.Node{x, g},
		shape:  x.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Multiply{X: t[0], G: t[1], Y: y}
		},
		differentiable: []bool{true, true},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			dx, err := apply(spec{
				name:   "MultiplyGradX",
				inputs: []*G.Node{s[1], dy, acc[0]},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
					return &calls.MultiplyGradX{G: t[0], DY: t[1], Acc: t[2], DX: dx}
				},
			})
			if err != nil {
				return nil, err
			}
			dg, err := apply(spec{
				name:   "MultiplyGradG",
				inputs: []*G.Node{s[0], dy, acc[1]},
				shape:  s[1].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, dg *device.Tensor) device.Call {
					return &calls.MultiplyGradG{X: t[0], DY: t[1], Acc: t[2], DG: dg}
				},
			})
			return []*G.Node{dx, dg}, err
		},
	})
}

// GlobalMean is the mean of each channel over all pixels: x [N, C, H, W], the result [N, C, 1, 1].
func GlobalMean(x *G.Node) (*G.Node, error) {
	if err := features("x", x); err != nil {
		return nil, fmt.Errorf("global mean: %w", err)
	}
	return apply(spec{
		name:   "GlobalMean",
		inputs: []*G.Node{x},
		shape:  resized(x, x.Shape()[1], 1, 1),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.GlobalMean{X: t[0], Y: y}
		},
		differentiable: []bool{true},
		gradient: alone("GlobalMeanGrad", func(dy, acc, dx *device.Tensor) device.Call {
			return &calls.GlobalMeanGrad{DY: dy, Acc: acc, DX: dx}
		}),
	})
}

// Upsample doubles height and width without weights, by repeating pixels or bilinearly: x [N, C, H, W], the result
// [N, C, 2H, 2W].
func Upsample(x *G.Node, bilinear bool) (*G.Node, error) {
	if err := features("x", x); err != nil {
		return nil, fmt.Errorf("upsample: %w", err)
	}
	return apply(spec{
		name:   "Upsample",
		inputs: []*G.Node{x},
		shape:  resized(x, x.Shape()[1], 2*x.Shape()[2], 2*x.Shape()[3]),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Upsample{X: t[0], Y: y, Bilinear: bilinear}
		},
		differentiable: []bool{true},
		gradient: alone("UpsampleGrad", func(dy, acc, dx *device.Tensor) device.Call {
			return &calls.UpsampleGrad{DY: dy, Acc: acc, DX: dx, Bilinear: bilinear}
		}),
	})
}

// alone returns the gradient function of an operator with one input whose gradient depends only on dy: dx = acc + a
// function of dy.
func alone(
	name string, call func(dy, acc, dx *device.Tensor) device.Call,
) func(s []*G.Node, out, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
	return func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
		dx, err := apply(spec{
			name:   name,
			inputs: []*G.Node{dy, acc[0]},
			shape:  s[0].Shape().Clone(),
			kind:   device.Features,
			lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
				return call(t[0], t[1], dx)
			},
		})
		return []*G.Node{dx}, err
	}
}

// Dropout drops elements of x, or whole channels, at a rate in [0, 1), with a mask that is a function of the seed,
// the step and the position. step is a scalar, the number of optimizer steps before this one.
func Dropout(x, step *G.Node, rate float64, channels bool, seed uint64) (*G.Node, error) {
	if err := features("x", x); err != nil {
		return nil, fmt.Errorf("dropout: %w", err)
	}
	if !(rate >= 0 && rate < 1) {
		return nil, fmt.Errorf("dropout: rate %g, expected at least 0 and below 1", rate)
	}
	return apply(spec{
		name:   "Dropout",
		inputs: []*G.Node{x, step},
		shape:  x.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Dropout{X: t[0], Step: t[1], Y: y, Rate: rate, Channels: channels, Seed: seed}
		},
		differentiable: []bool{true, false},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			dx, err := apply(spec{
				name:   "DropoutGrad",
				inputs: []*G.Node{dy, s[1], acc[0]},
				shape:  s[0].Shape().Clone(),
				kind:   device.Features,
				lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
					return &calls.DropoutGrad{
						DY: t[0], Step: t[1], Acc: t[2], DX: dx, Rate: rate, Channels: channels, Seed: seed,
					}
				},
			})
			return []*G.Node{dx, nil}, err
		},
	})
}
