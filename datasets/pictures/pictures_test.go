package pictures

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

func filled(w, h int, c color.Color) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

func TestASheetHasEachCellInItsPlace(t *testing.T) {
	red, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}
	s := sheet([]cell{{"a", filled(10, 10, red)}, {"b", filled(40, 20, blue)}, {"c", filled(40, 20, red)}}, 2, 40, 20)
	if got, want := s.Bounds(), image.Rect(0, 0, gap+2*(40+gap), gap+2*(20+caption+gap)); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	for at, want := range map[image.Point]color.RGBA{
		{gap + 20, gap + caption + 10}:                      red,
		{gap + 40 + gap + 20, gap + caption + 10}:           blue,
		{gap + 20, gap + 20 + caption + gap + caption + 10}: red,
		{1, 1}: {255, 255, 255, 255},
	} {
		if got := s.At(at.X, at.Y); got != want {
			t.Errorf("%v: %v, want %v", at, got, want)
		}
	}
}

func TestOutlineMarksTheBorderOnly(t *testing.T) {
	img := filled(20, 20, color.Black).(*image.RGBA)
	mask := make([]uint8, 400)
	for i := range mask {
		if i%20 >= 8 {
			mask[i] = 1
		}
	}
	outline(img, mask, 2)
	for x := range 20 {
		marked := img.RGBAAt(x, 10) == outlineColour
		if near := x >= 7 && x <= 9; marked != near {
			t.Errorf("column %d: marked %t", x, marked)
		}
	}
}

func TestFittedKeepsThePicturesShape(t *testing.T) {
	for _, size := range [][2]int{{30, 10}, {10, 30}, {15, 14}} {
		b := fitted(filled(size[0], size[1], color.White)).Bounds()
		white := 0
		m := fitted(filled(size[0], size[1], color.White))
		for y := range b.Dy() {
			for x := range b.Dx() {
				if r, _, _, _ := m.At(x, y).RGBA(); r > 0 {
					white++
				}
			}
		}
		if white != size[0]*size[1] {
			t.Errorf("%v: %d pixels are left", size, white)
		}
	}
}
