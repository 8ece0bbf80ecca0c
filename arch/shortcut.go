package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("shortcut", false, func(c Config) Block { return shortcut{c.Norm} })
}

// shortcut is the block of lwnet (Galdran et al. 2022): C2(C1(x)) + norm(P(x)), where P is a 1×1 convolution that is
// there even if the number of channels stays.
type shortcut struct{ norm layers.Normalization }

func (s shortcut) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	past := b.Conv(name+".shortcut.conv", x, out, layers.Convolution{Kernel: 1, Bias: s.norm.KeepsBias()})
	if s.norm != layers.NormNone {
		past = b.Activate(name+".shortcut.norm", past, s.norm, layers.Identity, nil)
	}
	h := b.ConvUnit(name+".units.0", x, out, s.norm, nil)
	return b.ConvUnit(name+".units.1", h, out, s.norm, past)
}
