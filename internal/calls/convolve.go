package calls

import (
	"fmt"
	"slices"

	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Window is the geometry of a convolution: the kernel size k, the Stride, the Dilation, and the number of Groups into
// which its channels are divided. Zero padding of Dilation·(k − 1)/2 keeps the size of a map at stride 1.
type Window struct{ Kernel, Stride, Dilation, Groups int }

// Pad is the zero padding on each side, px.
func (w Window) Pad() int { return w.Dilation * (w.Kernel - 1) / 2 }

// Out is the number of outputs along an axis of n pixels.
func (w Window) Out(n int) int { return (n+2*w.Pad()-w.Dilation*(w.Kernel-1)-1)/w.Stride + 1 }

func (w Window) String() string {
	text := fmt.Sprintf("conv %dx%d", w.Kernel, w.Kernel)
	for _, part := range []struct {
		name  string
		value int
	}{{"stride", w.Stride}, {"dilation", w.Dilation}, {"groups", w.Groups}} {
		if part.value > 1 {
			text += fmt.Sprintf(" %s %d", part.name, part.value)
		}
	}
	return text
}

// Convolve is a convolution with any window: X [N, I, H, W], W [O, I/Groups, k, k], Bias [O] or nil, Y
// [N, O, Out(H), Out(W)]. Conv is the special case that has kernels: stride 1, one group, k = 1 or 3.
type Convolve struct {
	Window        Window
	X, W, Bias, Y *device.Tensor
}

func (c *Convolve) Name() string { return c.Window.String() }

func (c *Convolve) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.X), device.Input(&c.W), device.Input(&c.Bias), device.Output(&c.Y)}
}

func (c *Convolve) Traits() device.Traits {
	return device.Traits{
		FLOPs: convFLOPs(c.Y, c.W),
		Reach: device.Reach{Radius: max(c.Window.Pad(), c.Window.Stride-1), Shrink: c.Window.Stride, Grow: 1},
	}
}

func (c *Convolve) Definition() device.Definition {
	return device.Define(c, convolve[float32], convolve[float64])
}

func (c *Convolve) ONNX(g *onnx.Graph) {
	w := c.Window
	g.Let(c.Y.Name, g.Node("Conv", present(c.X, c.W, c.Bias), onnx.Ints("kernel_shape", w.Kernel, w.Kernel),
		onnx.Ints("pads", slices.Repeat([]int{w.Pad()}, 4)...), onnx.Ints("strides", w.Stride, w.Stride),
		onnx.Ints("dilations", w.Dilation, w.Dilation), onnx.Int("group", w.Groups)))
}

// eachProduct calls visit for every product of one output plane with one channel of its group, with the indices of
// output, input and tap.
func (w Window) eachProduct(h, width int, visit func(to, from, tap int)) {
	outH, outW := w.Out(h), w.Out(width)
	for y := range outH {
		for x := range outW {
			for u := range w.Kernel {
				row := y*w.Stride + u*w.Dilation - w.Pad()
				if row < 0 || row >= h {
					continue
				}
				for v := range w.Kernel {
					column := x*w.Stride + v*w.Dilation - w.Pad()
					if column >= 0 && column < width {
						visit(y*outW+x, row*width+column, u*w.Kernel+v)
					}
				}
			}
		}
	}
}

// eachPair calls visit for every pair of connected channels: the output channel, the input channel, and the offset of
// the pair's weights.
func (w Window) eachPair(out, in int, visit func(o, i, weights int)) {
	perGroup := in / w.Groups
	for o := range out {
		group := o / (out / w.Groups)
		for j := range perGroup {
			visit(o, group*perGroup+j, (o*perGroup+j)*w.Kernel*w.Kernel)
		}
	}
}

func convolve[T device.Float](c *Convolve, at device.Values[T]) {
	x, w, bias, y := at.Features(c.X), at.Plain(c.W), at.Plain(c.Bias), at.Features(c.Y)
	for n := range y.N {
		sums := make([]float64, y.C*y.H*y.W)
		c.Window.eachPair(y.C, x.C, func(o, i, weights int) {
			in, out, taps := x.Plane(n, i), sums[o*y.H*y.W:], w[weights:]
			c.Window.eachProduct(x.H, x.W, func(to, from, tap int) {
				out[to] += float64(taps[tap]) * float64(in[from])
			})
		})
		for o := range y.C {
			out := y.Plane(n, o)
			for e := range out {
				sum := sums[o*y.H*y.W+e]
				if bias != nil {
					sum += float64(bias[o])
				}
				out[e] = T(sum)
			}
		}
	}
}

// ConvolveGradX is the data gradient of Convolve: DX = Acc + the sum of W·DY over all products that read each input.
type ConvolveGradX struct {
	Window         Window
	DY, W, Acc, DX *device.Tensor
}

func (c *ConvolveGradX) Name() string { return c.Window.String() + " data gradient" }

func (c *ConvolveGradX) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.DY), device.Input(&c.W), device.Donor(&c.Acc), device.Output(&c.DX)}
}

func (c *ConvolveGradX) Traits() device.Traits { return device.Traits{FLOPs: convFLOPs(c.DY, c.W)} }

func (c *ConvolveGradX) Definition() device.Definition {
	return device.Define(c, convolveGradX[float32], convolveGradX[float64])
}

func convolveGradX[T device.Float](c *ConvolveGradX, at device.Values[T]) {
	dy, w, acc, dx := at.Features(c.DY), at.Plain(c.W), at.Features(c.Acc), at.Features(c.DX)
	for n := range dx.N {
		sums := make([]float64, dx.C*dx.H*dx.W)
		c.Window.eachPair(dy.C, dx.C, func(o, i, weights int) {
			d, in, taps := dy.Plane(n, o), sums[i*dx.H*dx.W:], w[weights:]
			c.Window.eachProduct(dx.H, dx.W, func(to, from, tap int) {
				in[from] += float64(taps[tap]) * float64(d[to])
			})
		})
		for i := range dx.C {
			out := dx.Plane(n, i)
			for e := range out {
				sum := sums[i*dx.H*dx.W+e]
				if acc.Present() {
					sum += float64(acc.Plane(n, i)[e])
				}
				out[e] = T(sum)
			}
		}
	}
}

// ConvolveGradW is the weight gradient of Convolve: DW = Acc + the sum of DY·X over all products with each weight.
type ConvolveGradW struct {
	Window         Window
	DY, X, Acc, DW *device.Tensor
}

func (c *ConvolveGradW) Name() string { return c.Window.String() + " weight gradient" }

func (c *ConvolveGradW) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.DY), device.LateInput(&c.X), device.Donor(&c.Acc), device.Output(&c.DW)}
}

func (c *ConvolveGradW) Traits() device.Traits { return device.Traits{FLOPs: convFLOPs(c.DY, c.DW)} }

func (c *ConvolveGradW) Definition() device.Definition {
	return device.Define(c, convolveGradW[float32], convolveGradW[float64])
}

func convolveGradW[T device.Float](c *ConvolveGradW, at device.Values[T]) {
	dy, x, acc, dw := at.Features(c.DY), at.Features(c.X), at.Plain(c.Acc), at.Plain(c.DW)
	sums := make([]float64, len(dw))
	for n := range x.N {
		c.Window.eachPair(dy.C, x.C, func(o, i, weights int) {
			d, in, taps := dy.Plane(n, o), x.Plane(n, i), sums[weights:]
			c.Window.eachProduct(x.H, x.W, func(to, from, tap int) { taps[tap] += float64(d[to]) * float64(in[from]) })
		})
	}
	for e, sum := range sums {
		if acc != nil {
			sum += float64(acc[e])
		}
		dw[e] = T(sum)
	}
}
