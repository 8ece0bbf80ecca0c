package figure

import (
	"image"
	"image/color"
	"testing"
)

// TestClassOverlayByHand: pixels are a hit, another class, a miss, a false alarm, background, and of no class.
func TestClassOverlayByHand(t *testing.T) {
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = color.Gray{Y: uint8(i)}
	}
	row := func(classes ...uint8) *image.Paletted {
		return &image.Paletted{
			Pix: classes, Stride: len(classes), Rect: image.Rect(0, 0, len(classes), 1), Palette: palette,
		}
	}
	input := image.NewGray(image.Rect(0, 0, 6, 1))
	for i := range input.Pix {
		input.Pix[i] = 90
	}
	got := ClassOverlay(input, row(2, 2, 1, 0, 0, 255), row(2, 1, 0, 1, 0, 1), nil)
	grey := color.Gray{Y: 30}
	is(t, got, HitColor, MissColor, MissColor, FalseAlarmColor, grey, black)
	// Of class 1 alone, the second pixel is a false alarm, for its true class is another; of class 2 it is a miss.
	truth, predicted := row(2, 2, 1, 0, 0, 255), row(2, 1, 0, 1, 0, 1)
	first := OneClassOverlay(input, truth, predicted, nil, 1)
	is(t, first, grey, FalseAlarmColor, MissColor, FalseAlarmColor, grey, black)
	is(t, OneClassOverlay(input, truth, predicted, nil, 2), HitColor, MissColor, grey, grey, grey, black)
}

// is checks the colours of a row of pixels.
func is(t *testing.T, got *image.RGBA, colors ...color.Color) {
	t.Helper()
	for x, want := range colors {
		r, g, b, _ := want.RGBA()
		if is := got.RGBAAt(x, 0); is != (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}) {
			t.Errorf("pixel %d is %v, expected %v", x, is, want)
		}
	}
}
