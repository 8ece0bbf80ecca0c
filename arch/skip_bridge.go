package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	RegisterSkip("bridge", func(c Config) Skip { return bridge{c.Norm} })
}

// bridge is the skip of lwnet (Galdran et al. 2022): a convolution unit before the concatenation, [up, C(skip)].
type bridge struct{ norm layers.Normalization }

func (s bridge) Join(b *layers.Builder, name string, skip, up *G.Node) *G.Node {
	return b.Concat(up, b.ConvUnit(name, skip, b.Channels(skip), s.norm, nil))
}
