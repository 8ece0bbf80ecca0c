package op

import (
	"testing"

	"r2unet/internal/guidetest"
)

func TestGuideWorksAsItSays(t *testing.T) {
	guidetest.Run(t, "../..", "docs/operators.md",
		"TestGradientsAgree.*/average_pool|TestConformance$/.*/average_pool", "internal/op", "internal/device/cpu")
}
