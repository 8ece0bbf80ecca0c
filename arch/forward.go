package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("forward", false, func(c Config) Block { return forward{c.Norm} })
}

// forward is the block of U-Net, Fig. 4(a): C2(C1(x)).
type forward struct{ norm layers.Normalization }

func (f forward) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	h := b.ConvUnit(name+".units.0", x, out, f.norm, nil)
	return b.ConvUnit(name+".units.1", h, out, f.norm, nil)
}
