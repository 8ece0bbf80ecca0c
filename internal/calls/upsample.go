package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Upsample doubles height and width without weights: X [N, C, H, W], Y [N, C, 2H, 2W]. Nearest repeats each pixel;
// bilinear interpolates between pixel centres, as PyTorch does with align_corners = False.
type Upsample struct {
	X, Y     *device.Tensor
	Bilinear bool
}

func (c *Upsample) Name() string { return "upsample " + interpolation(c.Bilinear) }

func interpolation(bilinear bool) string {
	if bilinear {
		return "bilinear"
	}
	return "nearest"
}

func (c *Upsample) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.X), device.Output(&c.Y)}
}

func (*Upsample) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Reach{Radius: 1, Shrink: 1, Grow: 2}}
}

func (c *Upsample) Definition() device.Definition {
	return device.Define(c, upsample[float32], upsample[float64])
}

func (c *Upsample) ONNX(g *onnx.Graph) {
	way := []onnx.Attribute{
		onnx.Text("mode", "nearest"), onnx.Text("coordinate_transformation_mode", "asymmetric"),
		onnx.Text("nearest_mode", "floor"),
	}
	if c.Bilinear {
		way = []onnx.Attribute{
			onnx.Text("mode", "linear"), onnx.Text("coordinate_transformation_mode", "half_pixel"),
		}
	}
	g.Let(c.Y.Name, g.Node("Resize", []string{c.X.Name, "", g.Floats(1, 1, 2, 2)}, way...))
}

// taps returns the two source pixels of pixel i of a doubled axis of n pixels, and the weight of the second.
func taps(i, n int, bilinear bool) (first, second int, weight float64) {
	if !bilinear {
		return i / 2, i / 2, 0
	}
	if i%2 == 0 { // a quarter of a pixel before the centre of i/2
		return max(i/2-1, 0), i / 2, 0.75
	}
	return i / 2, min(i/2+1, n-1), 0.25
}

// eachTap calls visit for every source of every pixel of a doubled plane, with the target index, source index and
// weight.
func eachTap(h, w int, bilinear bool, visit func(to, from int, weight float64)) {
	for y := range 2 * h {
		y0, y1, wy := taps(y, h, bilinear)
		for x := range 2 * w {
			x0, x1, wx := taps(x, w, bilinear)
			to := y*2*w + x
			visit(to, y0*w+x0, (1-wy)*(1-wx))
			if bilinear {
				visit(to, y0*w+x1, (1-wy)*wx)
				visit(to, y1*w+x0, wy*(1-wx))
				visit(to, y1*w+x1, wy*wx)
			}
		}
	}
}

func upsample[T device.Float](call *Upsample, at device.Values[T]) {
	x, y := at.Features(call.X), at.Features(call.Y)
	for n := range x.N {
		for c := range x.C {
			in, out := x.Plane(n, c), y.Plane(n, c)
			clear(out)
			eachTap(x.H, x.W, call.Bilinear, func(to, from int, weight float64) { out[to] += T(weight) * in[from] })
		}
	}
}

// UpsampleGrad is the gradient of Upsample: it adds each pixel's gradient, times the weight, to the pixel's sources;
// DX starts from Acc.
type UpsampleGrad struct {
	DY, Acc, DX *device.Tensor
	Bilinear    bool
}

func (c *UpsampleGrad) Name() string { return "upsample " + interpolation(c.Bilinear) + " gradient" }

func (c *UpsampleGrad) Operands() []device.Operand {
	return []device.Operand{device.Input(&c.DY), device.Donor(&c.Acc), device.Output(&c.DX)}
}

func (*UpsampleGrad) Traits() device.Traits { return device.Traits{} }

func (c *UpsampleGrad) Definition() device.Definition {
	return device.Define(c, upsampleGrad[float32], upsampleGrad[float64])
}

func upsampleGrad[T device.Float](call *UpsampleGrad, at device.Values[T]) {
	dy, dx := at.Features(call.DY), at.Features(call.DX)
	dx.Set(at.Features(call.Acc))
	for n := range dx.N {
		for c := range dx.C {
			d, out := dy.Plane(n, c), dx.Plane(n, c)
			eachTap(dx.H, dx.W, call.Bilinear, func(to, from int, weight float64) { out[from] += T(weight) * d[to] })
		}
	}
}
