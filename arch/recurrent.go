package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("recurrent", true, func(c Config) Block {
		return recurrent{layers.Recurrence{Steps: c.T, Weights: c.Weights}, c.Norm}
	})
}

// recurrent is the block of RU-Net, Fig. 4(b): R2(R1(x)). Layers with tied weights keep the number of channels; with
// them the block begins with P(x) if that number changes.
type recurrent struct {
	recurrence layers.Recurrence
	norm       layers.Normalization
}

func (r recurrent) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	if r.recurrence.Weights == layers.Tied {
		x = projected(b, name, x, out)
	}
	h := b.RCL(name+".units.0", x, out, r.recurrence, r.norm, nil)
	return b.RCL(name+".units.1", h, out, r.recurrence, r.norm, nil)
}
