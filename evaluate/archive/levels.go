package archive

import (
	"image"
	"image/color"
	"math"

	"r2unet/evaluate/record"
)

// probabilityLevels converts a decoded picture of probabilities to levels. Pictures of earlier versions have
// linear 8-bit levels.
func probabilityLevels(m image.Image) *image.Gray16 {
	if levels, ok := m.(*image.Gray16); ok {
		return levels
	}
	from := toGray(m)
	out := image.NewGray16(from.Rect)
	for y := from.Rect.Min.Y; y < from.Rect.Max.Y; y++ {
		for x := from.Rect.Min.X; x < from.Rect.Max.X; x++ {
			out.SetGray16(x, y, color.Gray16{Y: record.ProbabilityLevel(float64(from.GrayAt(x, y).Y) / math.MaxUint8)})
		}
	}
	return out
}

// ProbabilityGrey returns the probabilities as linear 8-bit grey, for display.
func (e *Example) ProbabilityGrey() *image.Gray {
	from := e.Probability
	out := image.NewGray(from.Rect)
	for y := from.Rect.Min.Y; y < from.Rect.Max.Y; y++ {
		for x := from.Rect.Min.X; x < from.Rect.Max.X; x++ {
			out.SetGray(x, y, color.Gray{Y: uint8(record.LevelProbability(from.Gray16At(x, y).Y)*math.MaxUint8 + 0.5)})
		}
	}
	return out
}

// Predicted returns the mask that was measured, white on black: that after post-processing, or else the pixels whose
// probability is at least the threshold.
func (e *Example) Predicted(threshold float64) *image.Gray {
	if e.Mask != nil {
		return e.Mask
	}
	from := record.ProbabilityLevel(threshold)
	at := e.Probability.Rect
	out := image.NewGray(image.Rect(0, 0, at.Dx(), at.Dy()))
	for y := range at.Dy() {
		for x := range at.Dx() {
			if e.Probability.Gray16At(at.Min.X+x, at.Min.Y+y).Y >= from {
				out.Pix[y*out.Stride+x] = 255
			}
		}
	}
	return out
}
