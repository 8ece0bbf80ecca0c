package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("residual", false, func(c Config) Block { return residual{c.Norm} })
}

// residual is the block of ResU-Net, Fig. 4(c): x' + C2(C1(x')), where x' = P(x) if the number of channels changes
// and else x' = x.
type residual struct{ norm layers.Normalization }

func (r residual) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	x = projected(b, name, x, out)
	h := b.ConvUnit(name+".units.0", x, out, r.norm, nil)
	return b.ConvUnit(name+".units.1", h, out, r.norm, x)
}

// projected returns x if it has `out` channels, and else P(x).
func projected(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	if b.Err() != nil || x.Shape()[1] == out {
		return x
	}
	return b.Project(name+".project", x, out)
}
