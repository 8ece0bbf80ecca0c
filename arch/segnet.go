package arch

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	RegisterStyle("segnet", func(Config) Style { return segnet{} })
}

// segnet is the SegNet of Badrinarayanan et al. 2017, to which the paper says that recurrence carries over. Each
// encoder level is a block and a 2×2 max-pool, also the deepest. Each decoder level puts the values back to where that
// pool found its maxima, zeros elsewhere, and has a block that gives the channels of the level above. There are no
// skips.
type segnet struct{}

func (segnet) Build(b *layers.Builder, c Config, block Block, _ Skip, image *G.Node) *G.Node {
	levels := encoder(b, "", c, block, image)
	last := len(levels) - 1
	x := b.MaxPool(levels[last])
	for i := range levels { // 0 is the deepest
		l := last - i
		x = block.Build(b, fmt.Sprintf("decoder.%d", i), b.Unpool(x, levels[l]), c.Channels[max(l-1, 0)])
	}
	return b.Head(x)
}
