package layers

import (
	G "gorgonia.org/gorgonia"

	"r2unet/internal/op"
)

// AvgPool is the 2×2 mean with stride 2.
func (b *Builder) AvgPool(x *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.AvgPool(x) })
}
