package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	RegisterStyle("wnet", func(Config) Style { return wnet{} })
}

// wnet is the W-Net of Galdran et al. 2022 ("State-of-the-art retinal vessel segmentation with minimalistic models"):
// two U-Nets in a row, of which the second sees the image and the logits of the first. Training adds the losses of
// both; the result is the second's. With channels [8, 16, 32], the block "shortcut", the skip "bridge" and the order
// "activation-norm" it has the 68,482 parameters of its authors' program, lwnet.
type wnet struct{}

func (wnet) Build(b *layers.Builder, c Config, block Block, skip Skip, image *G.Node) *G.Node {
	first := unet(b, "unet1.", c, block, skip, image)
	b.Supervise(first, 1)
	return unet(b, "unet2.", c, block, skip, b.Concat(image, first))
}
