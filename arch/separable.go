package arch

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("separable", false, func(c Config) Block { return separable{c.Norm} })
}

// separable is the block of U-Net with depthwise separable convolutions (Chollet 2017, "Xception"): a 3×3 convolution
// of each channel by itself and a 1×1 convolution of all, with norm and function behind the latter.
type separable struct{ norm layers.Normalization }

func (s separable) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	for i := range 2 {
		unit := fmt.Sprintf("%s.units.%d", name, i)
		channels := b.Channels(x)
		x = b.Conv(unit+".depthwise", x, channels, layers.Convolution{Groups: channels})
		x = b.Unit(unit+".pointwise", x, out, layers.Convolution{Kernel: 1}, s.norm, nil)
	}
	return x
}
