package experiments

import (
	"maps"

	G "gorgonia.org/gorgonia"

	"r2unet/arch"
	"r2unet/layers"
)

// unusing is a block with a parameter that nothing uses, adding a skip that adds its maps.
type (
	unusing struct{ norm layers.Normalization }
	adding  struct{}
)

func (u unusing) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	b.ConvUnit(name+".unused", x, out, u.norm, nil)
	return b.ConvUnit(name+".used", x, out, u.norm, nil)
}

func (adding) Join(b *layers.Builder, _ string, skip, up *G.Node) *G.Node { return b.Sum(skip, up) }

func init() {
	arch.Register("test-unusing", false, func(c arch.Config) arch.Block { return unusing{c.Norm} })
	arch.RegisterSkip("test-adding", func(arch.Config) arch.Skip { return adding{} })
}

// What makes no sense in a network, or with the data that it is to train on.
func init() {
	const channels = "channels = [2, 4]"
	network := func(lines string) string { return channels + "\n" + lines }
	maps.Copy(refusals, map[string]struct{ old, new, want string }{
		"skip without a skip": {
			channels, network("style = \"segnet\"\nskip = \"attention\""),
			`m.toml:6: .*skip = "attention": the style segnet has no skips, leave skip out`,
		},
		"unpooling of means": {
			channels, network("style = \"segnet\"\ndown = \"average\""),
			`m.toml:6: .*down = "average": the style segnet needs the places of maxima`,
		},
		"unpooling and upsampling": {
			channels, network("style = \"segnet\"\nup = \"nearest\""),
			`m.toml:6: .*up = "nearest": the style segnet puts values back`,
		},
		"supervision of a U-Net": {
			channels, network("deep-supervision = true"),
			`m.toml:5: .*deep-supervision = true: the style unet has no heads .*style = "unet\+\+"`,
		},
		"supervision of one head": {
			channels, network("style = \"unet++\"\ndeep-supervision = true"),
			`m.toml:6: .*deep-supervision = true: with 2 levels there is one head`,
		},
		"order of nothing": {
			channels, network("norm = \"none\"\norder = \"activation-norm\""),
			`m.toml:6: .*order = "activation-norm": there is no norm`,
		},
		"groups of no channels": {
			channels, network("norm = \"group(groups=4)\""),
			`m.toml:5: .*norm = "group\(groups=4\)": encoder.0.units.0 has 2 channels, .* not a multiple of 4 groups`,
		},
		"unknown norm": {
			channels, network("norm = \"layer\""),
			`m.toml:5: .*norm = "layer": unknown, expected one of batch, instance, group, none`,
		},
		"dropping everything": {
			channels, network("dropout = \"channels(rate=1)\""),
			`m.toml:5: .*dropout = .*rate=1: expected a number from 0.001 to 0.9`,
		},
		"dropping squares of nothing": {
			channels, network("dropout = \"block(size=0)\""),
			`m.toml:5: .*dropout = .*size=0: expected a whole number from 1`,
		},
		"unknown activation": {
			channels, network("activation = \"gelu\""),
			`m.toml:5: .*activation = "gelu": unknown, expected one of relu, leaky, elu, silu`,
		},
		"instances of one pixel": {
			channels, "channels = [2, 2, 2, 2, 2]\nnorm = \"instance\"",
			`m.toml:9: .*patch = 16: at the deepest level of .* one pixel, which an instance norm makes zero: take 32`,
		},
		"skip of another style": {
			channels, "channels = [2, 4, 4]\nstyle = \"unet++\"\nskip = \"test-adding\"",
			`m.toml:6: .*U-Net.*skip = "test-adding": does not work in the style unet\+\+ of 3 levels`,
		},
		"parameter without use": { // said once
			"block = \"forward\"", "block = \"test-unusing\"",
			`^[^\n]*m.toml:\d+: U-Net on STARE[^\n]*: the loss does not depend on encoder.0.unused.conv.weight: use it[^\n]*$`,
		},
		"patch of a SegNet": {
			channels, "channels = [2, 2, 2, 2, 2]\nstyle = \"segnet\"",
			`m.toml:9: .*patch = 16: .* with 5 levels halves a side 5 times, so .* multiple of 32`,
		},
	})
}
