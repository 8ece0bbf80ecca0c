package measures_test

import (
	"testing"

	"r2unet/internal/guidetest"
)

func TestGuideWorksAsItSays(t *testing.T) {
	guidetest.Run(t, "../..", "docs/measures.md",
		"TestEveryMeasure|TestMistakesInMeasures", "evaluate", "experiments/matrix")
}
