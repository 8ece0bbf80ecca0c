package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("recurrent-residual", true, func(c Config) Block {
		return recurrentResidual{layers.Recurrence{Steps: c.T, Weights: c.Weights}, c.Norm}
	})
}

// recurrentResidual is the block of R2U-Net, Fig. 4(d) and Eq. (3): x' + R2(R1(x')), where x' = P(x) if the number of
// channels changes and else x' = x.
type recurrentResidual struct {
	recurrence layers.Recurrence
	norm       layers.Normalization
}

func (r recurrentResidual) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	x = projected(b, name, x, out)
	h := b.RCL(name+".units.0", x, out, r.recurrence, r.norm, nil)
	return b.RCL(name+".units.1", h, out, r.recurrence, r.norm, x)
}
