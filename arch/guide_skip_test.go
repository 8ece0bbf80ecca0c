package arch_test

import (
	"testing"

	"r2unet/internal/guidetest"
)

func TestSkipOfTheGuideWorksAsItSays(t *testing.T) {
	guidetest.Run(t, "..", "docs/skips.md", "TestSumSkip|TestUNetPlusPlus|TestCombinations", "arch")
}
