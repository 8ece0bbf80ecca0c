package arch_test

import (
	"fmt"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/layers"
)

// declared builds an evaluation graph of a network on the smallest image and returns its parameters.
func declared(t *testing.T, c arch.Config, inChannels int) *layers.Params {
	t.Helper()
	c = c.WithDefaults()
	params := &layers.Params{}
	b := layers.NewBuilder(params, false, tensor.Float32)
	if _, err := arch.Build(b, c, b.Input("image", 1, inChannels, c.Multiple(), c.Multiple())); err != nil {
		t.Fatal(err)
	}
	return params
}

// TestParameterCounts compares with the table of docs/specification.md, section 1: channels 16, 32, 64, 128, one
// input channel, batch norm.
func TestParameterCounts(t *testing.T) {
	wide := []int{64, 128, 256, 512}
	for _, c := range []struct {
		config arch.Config
		want   int
	}{
		{arch.Config{Block: "forward"}, 482449},
		{arch.Config{Block: "residual"}, 554865},
		{arch.Config{Block: "recurrent", T: 2, Weights: layers.Tied}, 557681},
		{arch.Config{Block: "recurrent", T: 3, Weights: layers.Tied}, 559089},
		{arch.Config{Block: "recurrent", T: 2, Weights: layers.Shared}, 973713},
		{arch.Config{Block: "recurrent", T: 3, Weights: layers.Shared}, 975121},
		{arch.Config{Block: "recurrent", T: 2, Weights: layers.PerStep}, 1462161},
		{arch.Config{Block: "recurrent", T: 3, Weights: layers.PerStep}, 1952017},
		{arch.Config{Block: "recurrent-residual", T: 2, Weights: layers.Tied}, 557681},
		{arch.Config{Block: "recurrent-residual", T: 3, Weights: layers.Tied}, 559089},
		{arch.Config{Block: "recurrent-residual", T: 2, Weights: layers.Shared}, 1046129},
		{arch.Config{Block: "recurrent-residual", T: 3, Weights: layers.Shared}, 1047537},
		{arch.Config{Block: "recurrent-residual", T: 2, Weights: layers.PerStep}, 1534577},
		{arch.Config{Block: "recurrent-residual", T: 3, Weights: layers.PerStep}, 2024433},
		{arch.Config{Block: "forward", Channels: wide}, 7699009},
		{arch.Config{Block: "residual", Channels: wide}, 8854977},
		{arch.Config{Block: "recurrent", T: 2, Weights: layers.Tied, Channels: wide}, 8866241},
		{arch.Config{Block: "recurrent-residual", T: 2, Weights: layers.Tied, Channels: wide}, 8866241},
	} {
		c.config.Name = "test"
		if got := declared(t, c.config, 1).Count(); got != c.want {
			t.Errorf("%s t=%d %s %v: %d parameters, expected %d",
				c.config.Block, c.config.T, c.config.Weights, c.config.Channels, got, c.want)
		}
	}
}

// TestParameterNames: a checkpoint of each block has PyTorch's names and shapes.
func TestParameterNames(t *testing.T) {
	for _, c := range []struct {
		config arch.Config
		want   string
	}{
		{
			arch.Config{Block: "forward", Channels: []int{2}},
			`encoder.0.units.0.conv.weight[2 1 3 3] encoder.0.units.0.norm.bias[2] encoder.0.units.0.norm.weight[2]
			encoder.0.units.1.conv.weight[2 2 3 3] encoder.0.units.1.norm.bias[2] encoder.0.units.1.norm.weight[2]
			head.weight[1 2 1 1] head.bias[1]`,
		},
		{
			arch.Config{Block: "residual", Norm: layers.NormNone, Channels: []int{2}},
			`encoder.0.project.weight[2 1 1 1] encoder.0.project.bias[2]
			encoder.0.units.0.conv.weight[2 2 3 3] encoder.0.units.0.conv.bias[2]
			encoder.0.units.1.conv.weight[2 2 3 3] encoder.0.units.1.conv.bias[2]
			head.weight[1 2 1 1] head.bias[1]`,
		},
		{
			arch.Config{Block: "recurrent", T: 2, Weights: layers.PerStep, Norm: layers.NormNone, Channels: []int{2}},
			`encoder.0.units.0.forward_conv.weight[2 1 3 3] encoder.0.units.0.forward_conv.bias[2]
			encoder.0.units.0.recurrent.0.weight[2 2 3 3] encoder.0.units.0.recurrent.1.weight[2 2 3 3]
			encoder.0.units.1.forward_conv.weight[2 2 3 3] encoder.0.units.1.forward_conv.bias[2]
			encoder.0.units.1.recurrent.0.weight[2 2 3 3] encoder.0.units.1.recurrent.1.weight[2 2 3 3]
			head.weight[1 2 1 1] head.bias[1]`,
		},
		{
			arch.Config{
				Block: "recurrent-residual", T: 1, Weights: layers.Tied, Norm: layers.NormNone,
				Channels: []int{2, 3},
			},
			`encoder.0.project.weight[2 1 1 1] encoder.0.project.bias[2]
			encoder.0.units.0.forward_conv.weight[2 2 3 3] encoder.0.units.0.forward_conv.bias[2]
			encoder.0.units.1.forward_conv.weight[2 2 3 3] encoder.0.units.1.forward_conv.bias[2]
			encoder.1.project.weight[3 2 1 1] encoder.1.project.bias[3]
			encoder.1.units.0.forward_conv.weight[3 3 3 3] encoder.1.units.0.forward_conv.bias[3]
			encoder.1.units.1.forward_conv.weight[3 3 3 3] encoder.1.units.1.forward_conv.bias[3]
			up.0.weight[3 2 2 2] up.0.bias[2]
			decoder.0.project.weight[2 4 1 1] decoder.0.project.bias[2]
			decoder.0.units.0.forward_conv.weight[2 2 3 3] decoder.0.units.0.forward_conv.bias[2]
			decoder.0.units.1.forward_conv.weight[2 2 3 3] decoder.0.units.1.forward_conv.bias[2]
			head.weight[1 2 1 1] head.bias[1]`,
		},
	} {
		c.config.Name = "test"
		var got []string
		for _, p := range declared(t, c.config, 1).Trainable {
			got = append(got, p.Name+fmt.Sprint(p.Shape))
		}
		// shapes contain spaces, so both sides are compared without white space
		if squeeze(strings.Join(got, "")) != squeeze(c.want) {
			t.Errorf("%s: parameters\n%s", c.config.Block, strings.Join(got, "\n"))
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// TestValidateNamesTheKey: settings that cannot be built.
func TestValidateNamesTheKey(t *testing.T) {
	good := arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2}
	if err := good.WithDefaults().Validate(); err != nil {
		t.Fatal(err)
	}
	for key, spoil := range map[string]func(*arch.Config){
		"name":        func(c *arch.Config) { c.Name = "" },
		"block":       func(c *arch.Config) { c.Block = "recurent" },
		"skip":        func(c *arch.Config) { c.Skip = "none" },
		"style":       func(c *arch.Config) { c.Style = "vnet" },
		"t":           func(c *arch.Config) { c.T = 0 },
		"weights":     func(c *arch.Config) { c.Weights = "untied" },
		"norm":        func(c *arch.Config) { c.Norm = "layer" },
		"channels":    func(c *arch.Config) { c.Channels = []int{} },
		"activation":  func(c *arch.Config) { c.Activation = "gelu" },
		"order":       func(c *arch.Config) { c.Order = arch.ActivationFirst; c.Norm = layers.NormNone },
		"channels[1]": func(c *arch.Config) { c.Channels = []int{16, 0} },
	} {
		c := good
		spoil(&c)
		if err := c.WithDefaults().Validate(); err == nil || !strings.HasPrefix(err.Error(), key) {
			t.Errorf("%s: error %v does not begin with the key", key, err)
		}
	}
	plain := arch.Config{Name: "U-Net", Block: "forward", T: 2}
	if err := plain.WithDefaults().Validate(); err == nil {
		t.Error("t = 2 was accepted for a block without recurrence")
	}
}

// TestBuildRefusesSizes that the pools cannot halve evenly.
func TestBuildRefusesSizes(t *testing.T) {
	c := arch.Config{Name: "U-Net", Block: "forward"}.WithDefaults()
	b := layers.NewBuilder(&layers.Params{}, false, tensor.Float32)
	if _, err := arch.Build(b, c, b.Input("image", 1, 1, 48, 44)); err == nil {
		t.Error("44 pixels were accepted for four levels")
	}
}
