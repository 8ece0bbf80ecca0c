package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("squeeze-excitation", false, func(c Config) Block { return squeezeExcitation{c.Norm} })
}

// squeezeExcitation is the residual block with channels weighted by what the whole map has in them (Hu et al. 2018,
// "Squeeze-and-Excitation Networks"):
//
//	u = C2(C1(x'))
//	x' + u·σ(W₂ · ReLU(W₁ · mean(u)))        W₁ maps to an eighth of the channels, at least one
type squeezeExcitation struct{ norm layers.Normalization }

func (s squeezeExcitation) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	x = projected(b, name, x, out)
	h := b.ConvUnit(name+".units.0", x, out, s.norm, nil)
	u := b.ConvUnit(name+".units.1", h, out, s.norm, nil)
	squeezed := b.Project(name+".squeeze", b.GlobalMean(u), max(1, out/8))
	squeezed = b.Activate(name, squeezed, layers.NormNone, layers.ReLU, nil)
	weights := b.Project(name+".excite", squeezed, out)
	return b.Sum(x, b.Multiply(u, b.Activate(name, weights, layers.NormNone, layers.Logistic, nil)))
}
