package segment

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"image/png"
	"math"
	"testing"

	"r2unet/datasets/raster"
)

func TestOverlayHasContoursAndTranslucentAreas(t *testing.T) {
	m := raster.New(9, 9, 3, raster.Uint8)
	for i := range m.Data {
		m.Data[i] = []byte{200, 100, 0}[i%3]
	}
	p := Prediction{Width: 9, Height: 9, Mask: make([]uint8, 81), picture: m}
	for y := 1; y < 6; y++ { // class 1 in 5×5 px with class 2 in its last pixel
		for x := 1; x < 6; x++ {
			p.Mask[9*y+x] = 1
		}
	}
	p.Mask[9*5+5] = 2
	file, err := p.OverlayPNG()
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[[2]int]color.RGBA{
		{0, 0}: {200, 100, 0, 255},
		{1, 1}: colours[0].RGBA,
		{5, 5}: colours[1].RGBA,
		{4, 5}: colours[0].RGBA,
		{3, 3}: {160, 128, 82, 255}, // 0.35 of the class's colour and 0.65 of the picture's
	} {
		if got := color.RGBAModel.Convert(drawn.At(at[0], at[1])); got != want {
			t.Errorf("pixel %v is %v, want %v", at, got, want)
		}
	}
}

// TestColoursOfOverlaysCanBeToldApart: each pair differs in what people without red or green cones see, as simulated by
// Viénot, Brettel and Mollon (1999).
func TestColoursOfOverlaysCanBeToldApart(t *testing.T) {
	seen := func(c color.RGBA, blind int) [3]float64 {
		linear := func(v uint8) float64 { return math.Pow(float64(v)/255, 2.2) }
		r, g, b := linear(c.R), linear(c.G), linear(c.B)
		switch blind {
		case 1: // no red cones
			rg := 0.11238*r + 0.88762*g
			return [3]float64{rg, rg, 0.00401*r - 0.00401*g + b}
		case 2: // no green cones
			rg := 0.29275*r + 0.70725*g
			return [3]float64{rg, rg, -0.02234*r + 0.02234*g + b}
		}
		return [3]float64{r, g, b}
	}
	for blind := range 3 {
		for i, a := range colours {
			for _, b := range colours[:i] {
				p, q, distance := seen(a.RGBA, blind), seen(b.RGBA, blind), 0.0
				for k := range p {
					v := math.Pow(max(0, p[k]), 1/2.2) - math.Pow(max(0, q[k]), 1/2.2)
					distance += v * v
				}
				if math.Sqrt(distance) < 0.1 {
					t.Errorf("%s and %s are %.3f apart in vision %d", a.name, b.name, math.Sqrt(distance), blind)
				}
			}
		}
	}
}

func TestPicturesWithoutAWhiteAreStretched(t *testing.T) {
	m := raster.New(3, 1, 1, raster.Int16)
	for i, v := range []int16{-1000, 0, 1000} {
		binary.LittleEndian.PutUint16(m.Data[2*i:], uint16(v))
	}
	for x, want := range []uint8{0, 128, 255} {
		if got := (&Prediction{picture: m}).shown().RGBAAt(x, 0); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("pixel %d is %v, want grey %d", x, got, want)
		}
	}
	flat := Prediction{picture: raster.New(1, 1, 1, raster.Int16)}
	if got := flat.shown().RGBAAt(0, 0); got != (color.RGBA{A: 255}) {
		t.Errorf("a picture of one value is %v, want black", got)
	}
}
