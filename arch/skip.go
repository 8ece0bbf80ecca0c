package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	RegisterSkip("plain", func(Config) Skip { return plain{} })
}

// plain is the paper's skip: [skip, up] along channels.
type plain struct{}

func (plain) Join(b *layers.Builder, _ string, skip, up *G.Node) *G.Node { return b.Concat(skip, up) }
