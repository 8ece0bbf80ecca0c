package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Conv is z = w * x + bias + addend, stride 1, zero padding k/2, k = 1 or 3. x [N, I, H, W], w [O, I, k, k]; bias [O]
// and addend [N, O, H, W] may be nil; the result is [N, O, H, W]. With the addend an RCL adds w_f * x to its
// recurrent convolution (Eq. 1) without another pass over memory.
func Conv(x, w, bias, addend *G.Node) (*G.Node, error) {
	if err := firstError(features("x", x), features("w", w)); err != nil {
		return nil, fmt.Errorf("convolution: %w", err)
	}
	n, h, width := x.Shape()[0], x.Shape()[2], x.Shape()[3]
	out, in, k := w.Shape()[0], w.Shape()[1], w.Shape()[2]
	if k != 1 && k != 3 {
		return nil, fmt.Errorf("convolution: kernel size %d, expected 1 or 3", k)
	}
	if err := firstError(shaped("w", w, out, x.Shape()[1], k, k), shaped("bias", bias, out),
		shaped("addend", addend, n, out, h, width)); err != nil {
		return nil, fmt.Errorf("convolution: %w", err)
	}
	return apply(spec{
		name:    fmt.Sprintf("Conv%dx%d", k, k),
		inputs:  []*G.Node{x, w, bias, addend},
		weights: true,
		shape:   tensor.Shape{n, out, h, width},
		kind:    device.Features,
		lower: func(t []*device.Tensor, z *device.Tensor) device.Call {
			return &calls.Conv{X: t[0], W: t[1], Bias: t[2], Addend: t[3], Z: z}
		},
		differentiable: []bool{needsGradient(x), true, true, true},
		gradient: func(s []*G.Node, _, dz *G.Node, acc []*G.Node) ([]*G.Node, error) {
			var dx, db, da *G.Node
			dw, err := convGradWeight(dz, s[0], acc[1], out, in, k)
			if err == nil && needsGradient(s[0]) {
				dx, err = convGradData(dz, s[1], acc[0])
			}
			if err == nil && s[2] != nil {
				db, err = channelSum(dz, acc[2])
			}
			if err == nil && s[3] != nil {
				da, err = accumulate(acc[3], dz)
			}
			return []*G.Node{dx, dw, db, da}, err
		},
	})
}

// needsGradient reports whether x was computed in the graph; the gradient of an input image would be wasted work.
func needsGradient(x *G.Node) bool { return x.Op() != nil }

func convGradData(dz, w, acc *G.Node) (*G.Node, error) {
	return apply(spec{
		name:    "ConvGradData",
		inputs:  []*G.Node{dz, w, acc},
		weights: true,
		shape:   resized(dz, w.Shape()[1], dz.Shape()[2], dz.Shape()[3]),
		kind:    device.Features,
		lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
			return &calls.ConvGradData{DZ: t[0], W: t[1], Acc: t[2], DX: dx}
		},
	})
}

func convGradWeight(dz, x, acc *G.Node, out, in, k int) (*G.Node, error) {
	return apply(spec{
		name:   "ConvGradWeight",
		inputs: []*G.Node{dz, x, acc},
		shape:  tensor.Shape{out, in, k, k},
		lower: func(t []*device.Tensor, dw *device.Tensor) device.Call {
			return &calls.ConvGradWeight{DZ: t[0], X: t[1], Acc: t[2], DW: dw}
		},
	})
}

// UpConv is the 2×2 transposed convolution with stride 2: x [N, I, H, W], w [I, O, 2, 2], bias [O] or nil; the
// result is [N, O, 2H, 2W].
func UpConv(x, w, bias *G.Node) (*G.Node, error) {
	if err := firstError(features("x", x), features("w", w)); err != nil {
		return nil, fmt.Errorf("up-convolution: %w", err)
	}
	in, out := x.Shape()[1], w.Shape()[1]
	if err := firstError(shaped("w", w, in, out, 2, 2), shaped("bias", bias, out)); err != nil {
		return nil, fmt.Errorf("up-convolution: %w", err)
	}
	return apply(spec{
		name:    "UpConv2x2",
		inputs:  []*G.Node{x, w, bias},
		weights: true,
		shape:   resized(x, out, 2*x.Shape()[2], 2*x.Shape()[3]),
		kind:    device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.UpConv{X: t[0], W: t[1], Bias: t[2], Y: y}
		},
		differentiable: []bool{needsGradient(x), true, true},
		gradient: func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
			var dx, db *G.Node
			dw, err := upConvGradWeight(dy, s[0], acc[1])
			if err == nil && needsGradient(s[0]) {
				dx, err = upConvGradData(dy, s[1], acc[0])
			}
			if err == nil && s[2] != nil {
				db, err = channelSum(dy, acc[2])
			}
			return []*G.Node{dx, dw, db}, err
		},
	})
}

func upConvGradData(dy, w, acc *G.Node) (*G.Node, error) {
	return apply(spec{
		name:    "UpConvGradData",
		inputs:  []*G.Node{dy, w, acc},
		weights: true,
		shape:   resized(dy, w.Shape()[0], dy.Shape()[2]/2, dy.Shape()[3]/2),
		kind:    device.Features,
		lower: func(t []*device.Tensor, dx *device.Tensor) device.Call {
			return &calls.UpConvGradData{DY: t[0], W: t[1], Acc: t[2], DX: dx}
		},
	})
}

func upConvGradWeight(dy, x, acc *G.Node) (*G.Node, error) {
	return apply(spec{
		name:   "UpConvGradWeight",
		inputs: []*G.Node{dy, x, acc},
		shape:  tensor.Shape{x.Shape()[1], dy.Shape()[1], 2, 2},
		lower: func(t []*device.Tensor, dw *device.Tensor) device.Call {
			return &calls.UpConvGradWeight{DY: t[0], X: t[1], Acc: t[2], DW: dw}
		},
	})
}

// channelSum is the gradient of a bias: the sum of x over samples and pixels for each channel, plus acc.
func channelSum(x, acc *G.Node) (*G.Node, error) {
	return apply(spec{
		name:   "ChannelSum",
		inputs: []*G.Node{x, acc},
		shape:  tensor.Shape{x.Shape()[1]},
		lower: func(t []*device.Tensor, sum *device.Tensor) device.Call {
			return &calls.ChannelSum{X: t[0], Acc: t[1], Sum: sum}
		},
	})
}
