package figure

import (
	"image"
	"image/color"
)

// Colours of an overlay. They differ in lightness as well as in hue, so that they can be distinguished with
// any colour vision and in grey.
var (
	HitColor        color.Color = skyBlue   // foreground predicted as foreground
	MissColor       color.Color = vermilion // foreground predicted as background
	FalseAlarmColor color.Color = yellow    // background predicted as foreground
)

// Overlay draws hits, misses and false alarms in their colours over the darkened input, which may be nil.
// Pixels outside the field of view stay dark; a nil field of view contains all pixels. The mask is the one that was
// measured, see archive.Example.Predicted.
func Overlay(input image.Image, truth, fov, mask *image.Gray) *image.RGBA {
	width, height := size(mask)
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			called := mask.GrayAt(mask.Rect.Min.X+x, mask.Rect.Min.Y+y).Y >= 128
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

// noClass is the index of pixels that do not count.
const noClass = 255

// ClassOverlay is Overlay for several classes, from indices of palettes: a pixel is a hit if its class is the true one,
// and a miss if it is another or the background. Pixels of no class stay dark.
func ClassOverlay(input image.Image, truth, predicted *image.Paletted, fov *image.Gray) *image.RGBA {
	const background, none = 0, noClass
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

// OneClassOverlay is ClassOverlay for one class against the rest.
func OneClassOverlay(input image.Image, truth, predicted *image.Paletted, fov *image.Gray, class uint8) *image.RGBA {
	only := func(m *image.Paletted) *image.Paletted {
		out := image.NewPaletted(m.Rect, m.Palette)
		for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
			for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
				if c := m.ColorIndexAt(x, y); c == class || c == noClass {
					out.SetColorIndex(x, y, c)
				}
			}
		}
		return out
	}
	return ClassOverlay(input, only(truth), only(predicted), fov)
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
