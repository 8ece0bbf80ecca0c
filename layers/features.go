package layers

import (
	G "gorgonia.org/gorgonia"

	"r2unet/internal/op"
)

// Sum is a + c over features of one shape.
func (b *Builder) Sum(a, c *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Sum(a, c) })
}

// Multiply is x·gate over features [N, C, H, W]. The gate has the shape of x, or one channel [N, 1, H, W] for all
// channels, or one pixel [N, C, 1, 1] for all pixels.
func (b *Builder) Multiply(x, gate *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Multiply(x, gate) })
}

// GlobalMean is the mean of each channel over all pixels: x [N, C, H, W] to [N, C, 1, 1]. In a network with it each
// pixel depends on the whole image, so that large images cannot be predicted in tiles.
func (b *Builder) GlobalMean(x *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.GlobalMean(x) })
}

// Upsample doubles height and width without weights, by repeating pixels, or bilinearly as PyTorch does with
// align_corners = False.
func (b *Builder) Upsample(x *G.Node, bilinear bool) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Upsample(x, bilinear) })
}

// Dropout sets elements of x, or whole channels of a sample, to zero at a rate in [0, 1), and divides the others by 1
// − rate. It has an effect only in a training graph. The mask is a function of the seed, the layer's name, the step
// and the position, so that a resumed run draws the same one.
func (b *Builder) Dropout(name string, x *G.Node, rate float64, channels bool) *G.Node {
	if rate == 0 || !b.draws(name) {
		return x
	}
	return b.do(name, func() (*G.Node, error) { return op.Dropout(x, b.step, rate, channels, b.seed^hash(name)) })
}
