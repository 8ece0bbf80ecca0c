package arch

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/layers"
)

// Build adds the network to the builder's graph: an image [N, C, H, W], H and W multiples of c.Multiple(), to logits
// [N, 1, H, W], or [N, K, H, W] for K ≥ 3 classes (layers.Builder.SetClasses).
//
// In the style "unet", every encoder level is a block, after a 2×2 max-pool except at the first level. Each decoder
// level is a 2×2 transposed convolution, a skip (the paper's is the concatenation [skip, up]) and a block. The head
// is a 1×1 convolution (docs/specification.md, section 1).
func Build(b *layers.Builder, c Config, image *G.Node) (logits *G.Node, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if m := c.Multiple(); image.Shape()[2]%m != 0 || image.Shape()[3]%m != 0 {
		return nil, fmt.Errorf("image of %d×%d pixels, expected multiples of %d", image.Shape()[3], image.Shape()[2], m)
	}
	b.SetUnits(c.function(), c.Order == ActivationFirst)
	var block Block = checked{blocks.entries[c.Block](c), c.Block}
	skip := skips.entries[c.skip()](c)
	if c.Dropout != "" {
		block = dropping{block, c.Dropout}
	}
	joining := &joining{Skip: skip, name: c.skip()}
	logits = styles.entries[c.style()](c).Build(b, c, block, joining, image)
	if joining.failed != "" {
		return nil, fmt.Errorf("skip = %q: does not work in the style %s of %d levels, %s: take another skip or "+
			"style: %w", c.skip(), c.style(), len(c.Channels), joining.failed, b.Err())
	}
	size := image.Shape()
	return promised(b, fmt.Sprintf("style %q", c.style()), logits, tensor.Shape{size[0], b.Logits(), size[2], size[3]},
		"a style ends in logits of the image's height and width"), b.Err()
}

func init() {
	RegisterStyle("unet", func(Config) Style { return encoderDecoder{} })
}

// encoderDecoder is the U-Net of the paper, Figs. 2 and 3.
type encoderDecoder struct{}

func (encoderDecoder) Build(b *layers.Builder, c Config, block Block, skip Skip, image *G.Node) *G.Node {
	return unet(b, "", c, block, skip, image)
}

// unet returns the logits of a U-Net whose parameters have names that begin with prefix.
func unet(b *layers.Builder, prefix string, c Config, block Block, skip Skip, image *G.Node) *G.Node {
	levels := encoder(b, prefix, c, block, image)
	x := levels[len(levels)-1]
	for i := range len(c.Channels) - 1 { // 0 is the deepest
		l := len(c.Channels) - 2 - i
		up := b.Larger(fmt.Sprintf("%sup.%d", prefix, i), c.up(), x, c.Channels[l])
		joined := skip.Join(b, fmt.Sprintf("%sskip.%d", prefix, i), levels[l], up)
		x = block.Build(b, fmt.Sprintf("%sdecoder.%d", prefix, i), joined, c.Channels[l])
	}
	return b.HeadOf(prefix+"head", x)
}

// encoder returns the maps of the encoder's levels, finest first.
func encoder(b *layers.Builder, prefix string, c Config, block Block, image *G.Node) []*G.Node {
	x := image
	levels := make([]*G.Node, len(c.Channels))
	for l, channels := range c.Channels {
		level := fmt.Sprintf("%sencoder.%d", prefix, l)
		if l > 0 {
			x = b.Down(level+".down", c.down(), x)
		}
		x = block.Build(b, level, x, channels)
		levels[l] = x
	}
	return levels
}
