package arch

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	RegisterStyle("unet++", func(Config) Style { return unetPlusPlus{} })
}

// unetPlusPlus is the UNet++ of Zhou et al. 2018. Node (i, 0) is encoder level i; node (i, j) is a block of the skip of
// the nodes (i, 0) … (i, j−1), concatenated, and of node (i+1, j−1), upsampled. The result comes from the last node of
// level 0. With deep supervision the other nodes of level 0 have heads too, whose losses are added with weight 1.
type unetPlusPlus struct{}

func (unetPlusPlus) Build(b *layers.Builder, c Config, block Block, skip Skip, image *G.Node) *G.Node {
	latest := encoder(b, "", c, block, image) // of each level
	before := make([]*G.Node, len(latest))    // all nodes of a level so far
	copy(before, latest)
	for j := 1; j < len(c.Channels); j++ {
		for i := range len(c.Channels) - j {
			at := fmt.Sprintf(".%d.%d", j-1, i)
			up := b.Larger("up"+at, c.up(), latest[i+1], c.Channels[i])
			latest[i] = block.Build(b, "decoder"+at, skip.Join(b, "skip"+at, before[i], up), c.Channels[i])
			if j < len(c.Channels)-1-i {
				before[i] = b.Concat(before[i], latest[i])
			}
		}
		if c.DeepSupervision && j < len(c.Channels)-1 {
			b.Supervise(b.HeadOf(fmt.Sprintf("heads.%d", j-1), latest[0]), 1)
		}
	}
	return b.Head(latest[0])
}
