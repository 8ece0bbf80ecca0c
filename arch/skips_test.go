package arch_test

import (
	"testing"

	"r2unet/arch"
	"r2unet/arch/archtest"
	"r2unet/layers"
)

func TestAttentionSkip(t *testing.T) {
	archtest.Check(t, arch.Config{Block: "forward", Skip: "attention"})
	archtest.Check(t, arch.Config{Block: "recurrent-residual", T: 2, Skip: "attention"})
	archtest.Check(t, arch.Config{Block: "residual", Norm: layers.NormNone, Skip: "attention"})
}
