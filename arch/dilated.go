package arch

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	Register("dilated", false, func(c Config) Block { return dilated{c.Norm} })
}

// dilated are three units in a row whose convolutions have dilations of 1, 2 and 4 px (Yu and Koltun 2016), so that a
// block sees 7 px far.
type dilated struct{ norm layers.Normalization }

func (d dilated) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	for i, dilation := range []int{1, 2, 4} {
		unit := fmt.Sprintf("%s.units.%d", name, i)
		x = b.Unit(unit, x, out, layers.Convolution{Dilation: dilation}, d.norm, nil)
	}
	return x
}
