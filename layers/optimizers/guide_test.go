package optimizers_test

import (
	"testing"

	"r2unet/internal/guidetest"
)

func TestGuideWorksAsItSays(t *testing.T) {
	guidetest.Run(t, "../..", "docs/optimizers.md",
		"TestEveryOptimizer|TestErrors", "layers/optimizers", "internal/model")
}
