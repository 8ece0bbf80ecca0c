package datasets_test

import (
	"testing"

	"r2unet/internal/guidetest"
)

func TestGuideWorksAsItSays(t *testing.T) {
	guidetest.Run(t, "..", "docs/datasets.md",
		"TestEveryDataset|FuzzMatch|TestSplitsAreFunctions|TestABadLine|TestCutMixTakes|TestAWindow|TestValidateNames", "datasets")
}
