package figure

import (
	"image"
	"image/color"

	"r2unet/evaluate/record"
)

// Colours of an overlay. They differ in lightness as well as in hue, so that they can be distinguished with
// any colour vision and in grey.
var (
	HitColor        color.Color = skyBlue   // foreground predicted as foreground
	MissColor       color.Color = vermilion // foreground predicted as background
	FalseAlarmColor color.Color = yellow    // background predicted as foreground
)

// Overlay draws hits, misses and false alarms in their colours over the darkened input, which may be nil.
// Pixels outside the field of view stay dark; a nil field of view contains all pixels. The threshold is that
// of the measures.
func Overlay(input image.Image, truth, fov *image.Gray, probability *image.Gray16, threshold float64) *image.RGBA {
	width, height := size(probability)
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			called := foreground(probability, x, y, threshold)
			is := truth.GrayAt(truth.Rect.Min.X+x, truth.Rect.Min.Y+y).Y >= 128
			inside := fov == nil || fov.GrayAt(fov.Rect.Min.X+x, fov.Rect.Min.Y+y).Y >= 128
			switch {
			case !inside:
				out.Set(x, y, black)
			case called && is:
				out.Set(x, y, HitColor)
			case is:
				out.Set(x, y, MissColor)
			case called:
				out.Set(x, y, FalseAlarmColor)
			default:
				out.Set(x, y, dark(input, x, y))
			}
		}
	}
	return out
}

// ClassOverlay is Overlay for several classes, from indices of palettes: a pixel is a hit if its class is the true one,
// and a miss if it is another or the background. Pixels of no class stay dark.
func ClassOverlay(input image.Image, truth, predicted *image.Paletted, fov *image.Gray) *image.RGBA {
	const background, none = 0, 255
	width, height := size(predicted)
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			is := truth.ColorIndexAt(truth.Rect.Min.X+x, truth.Rect.Min.Y+y)
			called := predicted.ColorIndexAt(predicted.Rect.Min.X+x, predicted.Rect.Min.Y+y)
			inside := fov == nil || fov.GrayAt(fov.Rect.Min.X+x, fov.Rect.Min.Y+y).Y >= 128
			switch {
			case !inside || is == none:
				out.Set(x, y, black)
			case is == background && called == background:
				out.Set(x, y, dark(input, x, y))
			case is == background:
				out.Set(x, y, FalseAlarmColor)
			case called == is:
				out.Set(x, y, HitColor)
			default:
				out.Set(x, y, MissColor)
			}
		}
	}
	return out
}

// dark returns a third of the input's lightness.
func dark(input image.Image, x, y int) color.Color {
	if input == nil {
		return black
	}
	at := input.Bounds().Min
	g := color.GrayModel.Convert(input.At(at.X+x, at.Y+y)).(color.Gray)
	return color.Gray{Y: g.Y / 3}
}

// thresholded returns a mask that is white where the probability is at least the threshold.
func thresholded(probability *image.Gray16, threshold float64) *image.Gray {
	width, height := size(probability)
	out := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			if foreground(probability, x, y, threshold) {
				out.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return out
}

func foreground(probability *image.Gray16, x, y int, threshold float64) bool {
	level := probability.Gray16At(probability.Rect.Min.X+x, probability.Rect.Min.Y+y).Y
	return level >= record.ProbabilityLevel(threshold)
}
