package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Convolve is a convolution with any window and zero padding that keeps the size of a map at stride 1: x
// [N, I, H, W], w [O, I/groups, k, k] with odd k, bias [O] or nil. Windows that have kernels become Conv.
func Convolve(x, w, bias *G.Node, window calls.Window) (*G.Node, error) {
	if window.Stride == 1 && window.Groups == 1 && (window.Kernel == 1 || window.Kernel == 3 && window.Dilation == 1) {
		return Conv(x, w, bias, nil)
	}
	if err := firstError(features("x", x), features("w", w)); err != nil {
		return nil, fmt.Errorf("%v: %w", window, err)
	}
	n, in, h, width, out := x.Shape()[0], x.Shape()[1], x.Shape()[2], x.Shape()[3], w.Shape()[0]
	switch {
	case window.Kernel < 1 || window.Kernel%2 == 0:
		return nil, fmt.Errorf("convolution: kernel size %d, expected an odd number", window.Kernel)
	case window.Stride < 1 || window.Dilation < 1 || window.Groups < 1:
		return nil, fmt.Errorf("%v: stride, dilation and groups are at least 1", window)
	case in%window.Groups != 0 || out%window.Groups != 0:
		return nil, fmt.Errorf("%v: %d input and %d output channels do not divide into the groups", window, in, out)
	case h%window.Stride != 0 || width%window.Stride != 0:
		return nil, fmt.Errorf("%v: %d×%d pixels, expected multiples of the stride", window, width, h)
	}
	if err := firstError(
		shaped("w", w, out, in/window.Groups, window.Kernel, window.Kernel), shaped("bias", bias, out),
	); err != nil {
		return nil, fmt.Errorf("%v: %w", window, err)
	}
	return apply(spec{
		name:    "Convolve",
		inputs:  []*G.Node{x, w, bias},
		weights: true,
		shape:   tensor.Shape{n, out, window.Out(h), window.Out(width)},
		kind:    device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Convolve{Window: window, X: t[0], W: t[1], Bias: t[2], Y: y}
		},
		differentiable: []bool{needsGradient(x), true, true},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			dw, err := apply(spec{
				name:   "ConvolveGradW",
				inputs: []*G.Node{dy, s[0], acc[1]},
				shape:  s[1].Shape().Clone(),
				lower: func(t []*device.Tensor, dw *device.Tensor) device.Call {
					return &calls.ConvolveGradW{Window: window, DY: t[0], X: t[1], Acc: t[2], DW: dw}
				},
			})
			var dx, db *G.Node
			if err == nil && needsGradient(s[0]) {
				dx, err = apply(spec{
					name:    "ConvolveGradX",
					inputs:  []*G.Node{dy, s[1], acc[0]},
					weights: true,
					shape:   s[0].Shape().Clone(),
					kind:    device.Features,
					lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
						return &calls.ConvolveGradX{Window: window, DY: t[0], W: t[1], Acc: t[2], DX: dx}
					},
				})
			}
			if err == nil && s[2] != nil {
				db, err = channelSum(dy, acc[2])
			}
			return []*G.Node{dx, dw, db}, err
		},
	})
}
