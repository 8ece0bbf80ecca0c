package archive

import (
	"image"
	"math"
	"testing"

	"r2unet/evaluate/record"
)

// TestPredictionsOfEarlierVersionsAreRead reads 8-bit pictures.
func TestPredictionsOfEarlierVersionsAreRead(t *testing.T) {
	old := image.NewGray(image.Rect(0, 0, 256, 1))
	for i := range old.Pix {
		old.Pix[i] = uint8(i)
	}
	levels := probabilityLevels(old)
	for i := range old.Pix {
		if got, want := record.LevelProbability(levels.Gray16At(i, 0).Y), float64(i)/255; math.Abs(got-want) > 1e-3 {
			t.Errorf("%d of 255 is read as %g", i, got)
		}
	}
	if grey := (&Example{Probability: levels}).ProbabilityGrey(); string(grey.Pix) != string(old.Pix) {
		t.Error("a picture of 8 bits is shown as another")
	}
}
