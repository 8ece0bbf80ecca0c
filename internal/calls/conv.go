package calls

import (
	"fmt"
	"slices"

	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Conv is a convolution with stride 1 and zero padding k/2 for k = 1 or 3, fused with everything that can be done
// while its result is still in registers:
//
//	z = W * X + Bias + Addend            X [N, I, H, W], W [O, I, k, k], Bias [O], Addend and Z [N, O, H, W]
//	Stats = mean and biased variance of z for each channel over N, H, W
//	y = f(norm(z)) + Residual            or norm(f(z)) + Residual if NormLast; with Norm nil: f(z) + Residual
//
// Z, Stats and Y are written if they are not nil; at least one of Z and Y is set. The function f is ReLU or Identity.
type Conv struct {
	X, W, Bias, Addend *device.Tensor
	Norm               *Norm
	Function           Function
	NormLast           bool
	Residual           *device.Tensor
	Z, Stats, Y        *device.Tensor
}

// Name includes the kernel size.
func (c *Conv) Name() string { return fmt.Sprintf("conv %dx%d", c.W.Shape[2], c.W.Shape[3]) }

// Operands declares no donor: Addend and Residual are read at the element being written, but both may be present, and
// either output may be the first.
func (c *Conv) Operands() []device.Operand {
	return append(append([]device.Operand{
		device.LateInput(&c.X), device.Input(&c.W), device.Input(&c.Bias),
		device.Input(&c.Addend), device.Input(&c.Residual),
	}, c.Norm.operands()...),
		device.Output(&c.Z), device.Output(&c.Y), device.Output(&c.Stats))
}

// Overwritable returns the residual if a device that computes z aside may write y over it, otherwise nil: z must not be
// kept, nor its statistics.
func (c *Conv) Overwritable() *device.Tensor {
	if c.Z != nil || c.Stats != nil {
		return nil
	}
	return c.Residual
}

// Traits declares a 1×1 convolution memory-bound. With statistics, the result depends on the whole map.
func (c *Conv) Traits() device.Traits {
	t := device.Traits{
		FLOPs:       convFLOPs(c.X, c.W),
		MemoryBound: c.W.Shape[2] == 1,
		Reach:       device.Within(c.W.Shape[2] / 2),
	}
	if c.Stats != nil {
		t.Reach = device.Reach{}
	}
	return t
}

func (c *Conv) Definition() device.Definition { return device.Define(c, conv[float32], conv[float64]) }

// ONNX maps a convolution that nothing is fused with.
func (c *Conv) ONNX(g *onnx.Graph) {
	z := g.Node("Conv", present(c.X, c.W, c.Bias), onnx.Ints("kernel_shape", c.W.Shape[2:]...),
		onnx.Ints("pads", slices.Repeat([]int{c.W.Shape[2] / 2}, 4)...))
	if c.Addend != nil {
		z = g.Node("Add", []string{z, c.Addend.Name})
	}
	g.Let(c.Z.Name, z)
}

func conv[T device.Float](c *Conv, at device.Values[T]) {
	x, w, bias := at.Features(c.X), at.Plain(c.W), at.Plain(c.Bias)
	addend, residual := at.Features(c.Addend), at.Features(c.Residual)
	z, y := at.Features(c.Z), at.Features(c.Y)
	if !z.Present() {
		z = y // the raw result is not kept: y is computed from it in place, after the residual was set aside
		if residual.Present() {
			residual = residual.Clone()
		}
	}
	k := c.W.Shape[2]
	sum := make([]float64, z.H*z.W)
	for n := range z.N {
		for o := range z.C {
			for i := range sum {
				sum[i] = 0
				if bias != nil {
					sum[i] = float64(bias[o])
				}
				if addend.Present() {
					sum[i] += float64(addend.Plane(n, o)[i])
				}
			}
			for i := range x.C {
				for u := range k {
					for v := range k {
						accumulateShifted(sum, x, n, i, u-k/2, v-k/2, w[((o*x.C+i)*k+u)*k+v])
					}
				}
			}
			for i, v := range sum {
				z.Plane(n, o)[i] = T(v)
			}
		}
	}
	if c.Stats != nil {
		statistics(z, at.Plain(c.Stats))
	}
	switch {
	case !y.Present():
	case c.NormLast:
		activate(z, nil, value[T](c.Function), device.Map[T]{}, y)
		activate(y, normOf(at, c.Norm), value[T](Identity), residual, y)
	default:
		activate(z, normOf(at, c.Norm), value[T](c.Function), residual, y)
	}
}

// accumulateShifted adds weight · from[n, c, h+dh, w+dw] to to[h, w] wherever the source is inside the plane; `to` is
// a plane of the size of from's.
func accumulateShifted[T device.Float](to []float64, from device.Map[T], n, c, dh, dw int, weight T) {
	first, last := max(0, -dw), min(from.W, from.W-dw)
	for h := max(0, -dh); h < min(from.H, from.H-dh); h++ {
		out, in := to[h*from.W:][:from.W], from.Row(n, c, h+dh)
		for w := first; w < last; w++ {
			out[w] += float64(weight) * float64(in[w+dw])
		}
	}
}

// convFLOPs returns 2·N·H·W·O·I·k², where x has the convolution's resolution.
func convFLOPs(x, w *device.Tensor) float64 {
	return 2 * float64(x.Shape[0]) * float64(x.Shape[2]) * float64(x.Shape[3]) * float64(w.Elements())
}
