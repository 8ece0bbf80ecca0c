package arch

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("dense", false, func(c Config) Block { return dense{c.Norm} })
}

// dense are three units, each of which sees the block's input and the results of those before it (Huang et al. 2017,
// "Densely Connected Convolutional Networks"). Each adds half as many channels as the block gives; P of all of them
// ends the block.
type dense struct{ norm layers.Normalization }

func (d dense) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	for i := range 3 {
		x = b.Concat(x, b.ConvUnit(fmt.Sprintf("%s.units.%d", name, i), x, max(1, out/2), d.norm, nil))
	}
	return b.Project(name+".project", x, out)
}
