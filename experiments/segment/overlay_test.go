package segment

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"image/png"
	"testing"

	"r2unet/datasets/raster"
)

func TestOverlayColoursTheMaskAndLeavesTheRest(t *testing.T) {
	m := raster.New(3, 1, 3, raster.Uint8)
	copy(m.Data, []byte{200, 100, 0, 200, 100, 0, 1, 2, 3})
	file, err := prediction{mask: []uint8{1, 0, 2}, picture: m, width: 3, height: 1}.overlay()
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	// 0.6 of the class's colour and 0.4 of the picture's
	for x, want := range []color.RGBA{{132, 148, 140, 255}, {200, 100, 0, 255}, {144, 138, 41, 255}} {
		if got := color.RGBAModel.Convert(drawn.At(x, 0)); got != want {
			t.Errorf("pixel %d is %v, want %v", x, got, want)
		}
	}
}

func TestPicturesWithoutAWhiteAreStretched(t *testing.T) {
	m := raster.New(3, 1, 1, raster.Int16)
	for i, v := range []int16{-1000, 0, 1000} {
		binary.LittleEndian.PutUint16(m.Data[2*i:], uint16(v))
	}
	for x, want := range []uint8{0, 128, 255} {
		if got := shown(m).RGBAAt(x, 0); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("pixel %d is %v, want grey %d", x, got, want)
		}
	}
	if got := shown(raster.New(1, 1, 1, raster.Int16)).RGBAAt(0, 0); got != (color.RGBA{A: 255}) {
		t.Errorf("a picture of one value is %v, want black", got)
	}
}
