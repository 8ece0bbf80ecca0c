package arch

import (
	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

func init() {
	RegisterSkip("attention", func(Config) Skip { return attention{} })
}

// attention is the additive gate of Oktay et al. 2018 ("Attention U-Net"), with the decoder's map as the gating signal:
//
//	ψ = σ(W_ψ · ReLU(W_x · skip + W_g · up))        one channel; W_x and W_g map to half as many channels as skip has
//	[skip·ψ, up]
type attention struct{}

func (attention) Join(b *layers.Builder, name string, skip, up *G.Node) *G.Node {
	between := max(1, b.Channels(skip)/2)
	x := b.Conv(name+".skip", skip, between, layers.Convolution{Kernel: 1})
	h := b.Activate(name, b.ConvOnto(name+".gate", x, up, 1, true), layers.NormNone, layers.ReLU, nil)
	psi := b.Conv(name+".psi", h, 1, layers.Convolution{Kernel: 1, Bias: true})
	return b.Concat(b.Multiply(skip, b.Activate(name, psi, layers.NormNone, layers.Logistic, nil)), up)
}
