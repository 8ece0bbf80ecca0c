package raster

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
)

func grey(values ...byte) *Image {
	return &Image{Width: len(values), Height: 1, Channels: 1, Type: Uint8, Data: values}
}

func TestBinaryTakesAnyTwoValues(t *testing.T) {
	signed := New(2, 1, 1, Int16)
	low := int16(-5)
	binary.LittleEndian.PutUint16(signed.Data, uint16(low))
	for name, c := range map[string]struct {
		m    *Image
		want []uint8
	}{
		"0/255":           {grey(0, 255, 0), []uint8{0, 1, 0}},
		"0/1":             {grey(1, 0, 1), []uint8{1, 0, 1}},
		"two greys":       {grey(90, 200, 90), []uint8{0, 1, 0}},
		"only background": {grey(0, 0), []uint8{0, 0}},
		"only white":      {grey(255, 255), []uint8{1, 1}},
		"only ones":       {grey(1, 1), []uint8{1, 1}},
		"dark palette": {
			&Image{Width: 2, Height: 1, Channels: 3, Type: Uint8, Data: []byte{4, 2, 4, 252, 254, 252}},
			[]uint8{0, 1},
		},
		"one dark colour": {
			&Image{Width: 2, Height: 1, Channels: 3, Type: Uint8, Data: []byte{4, 2, 4, 4, 2, 4}},
			[]uint8{0, 0},
		},
		"signed": {signed, []uint8{0, 1}},
	} {
		got, err := c.m.Binary()
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
}

func TestBinaryRefusesWhatIsNoLabel(t *testing.T) {
	if _, err := grey(0, 255, 3).Binary(); err == nil || !strings.Contains(err.Error(), "0, 3, 255") {
		t.Errorf("three values: %v", err)
	}
	if _, err := grey(1, 2, 3, 4, 5, 6, 7).Binary(); err == nil || !strings.Contains(err.Error(), "…") {
		t.Errorf("many values: %v", err)
	}
	m := New(2, 1, 1, Float32)
	binary.LittleEndian.PutUint32(m.Data[4:], math.Float32bits(float32(math.NaN())))
	if _, err := m.Binary(); err == nil || !strings.Contains(err.Error(), "NaN at column 1, row 0") {
		t.Errorf("NaN: %v", err)
	}
}

func TestFromImageKeepsTheColoursOfEveryGoPicture(t *testing.T) {
	r := image.Rect(3, 5, 9, 9) // not at the origin
	fill := func(set func(x, y int, c color.Color)) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				set(x, y, color.NRGBA{uint8(40 * (x - 3)), uint8(60 * (y - 5)), 7, 255})
			}
		}
	}
	rgba, nrgba, rgba64 := image.NewRGBA(r), image.NewNRGBA(r), image.NewRGBA64(r)
	fill(rgba.Set)
	fill(nrgba.Set)
	fill(rgba64.Set)
	for _, img := range []image.Image{rgba, nrgba, rgba64} {
		m := FromImage(img)
		scale := m.FullScale() / 255
		for i := range m.Width * m.Height {
			if m.At(3*i) != 40*scale*float64(i%6) || m.At(3*i+1) != 60*scale*float64(i/6) || m.At(3*i+2) != 7*scale {
				t.Fatalf("%T: pixel %d is %g %g %g", img, i, m.At(3*i), m.At(3*i+1), m.At(3*i+2))
			}
		}
	}
	g := image.NewGray16(r)
	g.SetGray16(4, 5, color.Gray16{0x1234})
	if m := FromImage(g); m.At(1) != 0x1234 || m.Channels != 1 {
		t.Errorf("16-bit grey gives %g", m.At(1))
	}
	y := image.NewYCbCr(r, image.YCbCrSubsampleRatio420)
	for i := range y.Y {
		y.Y[i] = 100
	}
	for i := range y.Cb {
		y.Cb[i], y.Cr[i] = 128, 128
	}
	if m := FromImage(y); m.At(0) != 100 || m.At(len(m.Data)-1) != 100 {
		t.Errorf("grey YCbCr gives %g", m.At(0))
	}
}

func TestFromImageTellsGreyPalettesFromColours(t *testing.T) {
	p := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.Gray{9}, color.RGBA{1, 2, 3, 255}})
	if m := FromImage(p); m.Channels != 1 || m.At(0) != 9 {
		t.Errorf("a picture that uses only greys: %+v", m)
	}
	p.Pix[1] = 1
	if m := FromImage(p); m.Channels != 3 || m.At(5) != 3 {
		t.Errorf("a picture with a colour: %+v", m)
	}
}

func TestAbsurdSizesAreRefused(t *testing.T) {
	for _, s := range [][2]int{{0, 5}, {-1, 5}, {1 << 31, 1 << 31}, {1 << 20, 1 << 20}, {1 << 62, 4}} {
		if err := CheckSize(s[0], s[1]); err == nil {
			t.Errorf("%v: no error", s)
		}
	}
	if err := CheckSize(6748, 4499); err != nil {
		t.Error(err)
	}
}

func TestClaimOfMorePixelsThanBytesCanHoldIsRefused(t *testing.T) {
	for _, c := range []struct {
		width, height, bits, packed, expansion int
		possible                               bool
	}{
		{100, 100, 8, 10_000, ExpansionNone, true},
		{100, 100, 8, 9_999, ExpansionNone, false},
		{9, 100, 1, 200, ExpansionNone, true}, // rows are whole bytes
		{9, 100, 1, 199, ExpansionNone, false},
		{100, 100, 24, 100, ExpansionDeflate, true},
		{5000, 5000, 24, 100, ExpansionLZW, false},
		{1 << 31, 1 << 31, 64, 1 << 30, ExpansionLZW, false},
	} {
		if err := CheckClaim(c.width, c.height, c.bits, c.packed, c.expansion); (err == nil) != c.possible {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
