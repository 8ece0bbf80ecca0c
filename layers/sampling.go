package layers

import (
	G "gorgonia.org/gorgonia"

	"r2unet/internal/op"
)

// Down halves height and width of a map in one of the ways of Downs.
func (b *Builder) Down(name, way string, x *G.Node) *G.Node {
	switch way {
	case "average":
		return b.AvgPool(x)
	case "strided":
		return b.Conv(name, x, b.Channels(x), Convolution{Stride: 2, Bias: true})
	default:
		return b.MaxPool(x)
	}
}

// Larger doubles height and width of a map and gives it `out` channels, in one of the ways of Ups.
func (b *Builder) Larger(name, way string, x *G.Node, out int) *G.Node {
	if way == "transposed" {
		return b.Up(name, x, out)
	}
	return b.Conv(name, b.Upsample(x, way == "bilinear"), out, Convolution{Bias: true})
}

// Downs are the 2×2 maximum, the 2×2 mean, and a 3×3 convolution with bias and stride 2.
func Downs() []string { return []string{"max", "average", "strided"} }

// Ups are the 2×2 transposed convolution, and a 3×3 convolution with bias of the map doubled by repeating its pixels or
// bilinearly.
func Ups() []string { return []string{"transposed", "nearest", "bilinear"} }

// Unpool puts each value of v [N, C, H/2, W/2] to where the maximum of its 2×2 window of x [N, C, H, W] was, and zeros
// elsewhere.
func (b *Builder) Unpool(v, x *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Unpool(v, x) })
}
