package schedules_test

import (
	"testing"

	"r2unet/internal/guidetest"
)

func TestGuideWorksAsItSays(t *testing.T) {
	guidetest.Run(t, "../..", "docs/schedules.md", "TestEverySchedule|TestErrors", "experiments/schedules")
}
