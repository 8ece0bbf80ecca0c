package arch_test

import (
	"testing"

	"r2unet/arch"
	"r2unet/arch/archtest"
	"r2unet/layers"
)

func TestForwardBlock(t *testing.T) {
	archtest.Check(t, arch.Config{Block: "forward"})
	archtest.Check(t, arch.Config{Block: "forward", Norm: layers.NormNone})
}

func TestResidualBlock(t *testing.T) {
	archtest.Check(t, arch.Config{Block: "residual"})
	archtest.Check(t, arch.Config{Block: "residual", Norm: layers.NormNone})
}

func TestRecurrentBlock(t *testing.T) { checkRecurrent(t, "recurrent") }

func TestRecurrentResidualBlock(t *testing.T) { checkRecurrent(t, "recurrent-residual") }

// checkRecurrent checks every way to share weights, with t = 1 and t = 4 besides the paper's 2 and 3.
func checkRecurrent(t *testing.T, block string) {
	for _, steps := range []int{1, 2, 3, 4} {
		for _, weights := range []layers.Sharing{layers.Shared, layers.PerStep, layers.Tied} {
			archtest.Check(t, arch.Config{Block: block, T: steps, Weights: weights})
		}
	}
	archtest.Check(t, arch.Config{Block: block, T: 2, Norm: layers.NormNone})
}
