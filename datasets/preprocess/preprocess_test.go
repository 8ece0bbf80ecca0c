package preprocess

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"r2unet/datasets/raster"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestFromPhotographTakesTheInputAsked(t *testing.T) {
	m := raster.New(1, 1, 3, raster.Uint8)
	copy(m.Data, []byte{200, 100, 50})
	for input, want := range map[string][]float64{
		"grey":  {(0.299*200 + 0.587*100 + 0.114*50) / 255},
		"green": {100.0 / 255},
		"rgb":   {200.0 / 255, 100.0 / 255, 50.0 / 255},
	} {
		p, err := FromPhotograph(m, input)
		if err != nil {
			t.Fatal(err)
		}
		for c, v := range want {
			if p.Channels != len(want) || !near(float64(p.Pixels[c]), v, 1e-6) {
				t.Errorf("%s: %v, want %v", input, p.Pixels, want)
			}
		}
	}
	if _, err := FromPhotograph(raster.New(1, 1, 1, raster.Int16), "grey"); err == nil {
		t.Error("a signed photograph is no error")
	}
}

func TestFromCTClampsBeforeScaling(t *testing.T) {
	m := raster.New(4, 1, 1, raster.Int16)
	for i, v := range []int16{-2619, -1000, -300, 2632} {
		binary.LittleEndian.PutUint16(m.Data[2*i:], uint16(v))
	}
	p, err := FromCT(m, -1000, 400)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, 0, 0.5, 1} {
		if !near(float64(p.Pixels[i]), want, 1e-6) {
			t.Errorf("pixel %d is %g, want %g", i, p.Pixels[i], want)
		}
	}
	f := raster.New(2, 1, 1, raster.Float32)
	binary.LittleEndian.PutUint32(f.Data[4:], math.Float32bits(float32(math.NaN())))
	if _, err := FromCT(f, 0, 1); err == nil || !strings.Contains(err.Error(), "NaN at column 1") {
		t.Errorf("NaN: %v", err)
	}
}

func TestCLAHESpreadsLocalContrastWithinRange(t *testing.T) {
	p := New(128, 96, 1)
	for i := range p.Pixels {
		x, y := i%128, i/128
		p.Pixels[i] = 0.2 + 0.004*float32(x)/128 + 0.01*float32((x/3+y/3)%2)
	}
	deviation := func() float64 {
		var s, q float64
		for _, v := range p.Pixels {
			s += float64(v)
			q += float64(v) * float64(v)
		}
		n := float64(len(p.Pixels))
		return math.Sqrt(q/n - s*s/n/n)
	}
	before := deviation()
	p.CLAHE(4)
	if after := deviation(); after < 2*before {
		t.Errorf("deviation %g before, %g after", before, after)
	}
	for _, v := range p.Pixels {
		if v < 0 || v > 1 {
			t.Fatalf("value %g", v)
		}
	}
}

func TestCLAHEKeepsTheOrderOfGreysInATile(t *testing.T) {
	p := New(8, 8, 1) // one pixel a tile: each map is the same step
	for i := range p.Pixels {
		p.Pixels[i] = float32(i) / 64
	}
	p.CLAHE(40)
	if p.Pixels[0] > p.Pixels[63] {
		t.Error("dark has become brighter than bright")
	}
}

func TestGammaAboveOneLightens(t *testing.T) {
	p := New(3, 1, 1)
	copy(p.Pixels, []float32{0, 0.25, 1})
	p.Gamma(2)
	for i, want := range []float64{0, 0.5, 1} {
		if !near(float64(p.Pixels[i]), want, 1e-6) {
			t.Errorf("%g, want %g", p.Pixels[i], want)
		}
	}
}

func TestCropRowsKeepsTheRowsOfEveryPlane(t *testing.T) {
	p := New(2, 4, 2)
	for i := range p.Pixels {
		p.Pixels[i] = float32(i)
	}
	q := p.CropRows(1, 2)
	if q.Height != 2 || q.Plane(0)[0] != 2 || q.Plane(1)[3] != 13 {
		t.Errorf("%+v", q)
	}
}
