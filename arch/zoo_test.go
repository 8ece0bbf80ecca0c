package arch_test

import (
	"testing"

	"r2unet/arch"
	"r2unet/arch/archtest"
	"r2unet/layers"
)

// lwnet are the settings of Galdran et al. 2022.
func lwnet(style string, channels ...int) arch.Config {
	return arch.Config{
		Name: "lwnet", Style: style, Block: "shortcut", Skip: "bridge", Order: arch.ActivationFirst, Channels: channels,
	}
}

// TestParametersOfLwnet are those of its authors' program for RGB images.
func TestParametersOfLwnet(t *testing.T) {
	for _, c := range []struct {
		config arch.Config
		want   int
	}{
		{lwnet("unet", 8, 16, 32), 34201},
		{lwnet("wnet", 8, 16, 32), 68482},
		{lwnet("wnet", 8, 16, 32, 64), 279170},
	} {
		if got := declared(t, c.config, 3).Count(); got != c.want {
			t.Errorf("%s %v: %d parameters, lwnet has %d", c.config.Style, c.config.Channels, got, c.want)
		}
	}
}

func TestWNet(t *testing.T) {
	archtest.Check(t, lwnet("wnet", 2, 3))
	archtest.Check(t, arch.Config{Style: "wnet", Block: "recurrent-residual", T: 2})
}

func TestShortcutBlock(t *testing.T) {
	archtest.Check(t, lwnet("unet", 2, 3))
	archtest.Check(t, arch.Config{Block: "shortcut", Norm: layers.NormNone})
}

func TestBridgeSkip(t *testing.T) {
	archtest.Check(t, arch.Config{Block: "forward", Skip: "bridge"})
}

func TestOrderAndActivation(t *testing.T) {
	for _, activation := range arch.Activations() {
		for _, order := range []string{arch.NormFirst, arch.ActivationFirst} {
			archtest.Check(t, arch.Config{Block: "recurrent-residual", T: 2, Activation: activation, Order: order})
		}
		archtest.Check(t, arch.Config{Block: "forward", Activation: activation, Norm: layers.NormNone})
	}
}

func TestNorms(t *testing.T) {
	for _, norm := range []layers.Normalization{layers.NormInstance, "group(groups=1)"} {
		archtest.Check(t, arch.Config{Block: "recurrent-residual", T: 2, Norm: norm})
		archtest.Check(t, arch.Config{Block: "shortcut", Norm: norm, Order: arch.ActivationFirst})
	}
}

func TestSqueezeExcitationBlock(t *testing.T) {
	archtest.Check(t, arch.Config{Block: "squeeze-excitation"})
}

func TestDenseBlock(t *testing.T) { archtest.Check(t, arch.Config{Block: "dense"}) }

func TestDilatedBlock(t *testing.T) { archtest.Check(t, arch.Config{Block: "dilated"}) }

func TestSeparableBlock(t *testing.T) { archtest.Check(t, arch.Config{Block: "separable"}) }

func TestSampling(t *testing.T) {
	for _, up := range layers.Ups() {
		for _, down := range layers.Downs() {
			archtest.Check(t, arch.Config{Block: "forward", Up: up, Down: down})
		}
	}
}

func TestDropout(t *testing.T) {
	for _, dropout := range []layers.Dropping{"elements(rate=0.3)", "channels(rate=0.3)", "block(rate=0.3,size=2)"} {
		archtest.Check(t, arch.Config{Block: "residual", Dropout: dropout})
	}
}

func TestSegNet(t *testing.T) {
	archtest.Check(t, arch.Config{Style: "segnet", Block: "forward"})
	archtest.Check(t, arch.Config{Style: "segnet", Block: "recurrent-residual", T: 2})
}

func TestUNetPlusPlus(t *testing.T) {
	for _, skip := range []string{"plain", "attention", "bridge"} { // others may want maps of equal channels
		for _, deep := range []bool{false, true} {
			archtest.Check(t, arch.Config{
				Style: "unet++", Block: "forward", Skip: skip, Channels: []int{2, 3, 2}, DeepSupervision: deep,
			})
		}
	}
}
