package datasets

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets/files"
	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

// slice is a slice of a chest as the lung phantom draws it, in HU.
func slice(t *testing.T) *raster.Image {
	t.Helper()
	root := brokenCopy(t, "Lung", func(string) {})
	m, err := files.Picture(context.Background(), filepath.Join(root, "Lung", "2d_images", "ID_0000_Z_0060.tif"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// converted stores a function of a slice's values in another type.
func converted(m *raster.Image, to raster.Type, f func(v float64) float64) *raster.Image {
	out := raster.New(m.Width, m.Height, 1, to)
	for i := range out.Samples() {
		v := f(m.At(i))
		switch to {
		case raster.Uint8:
			out.Data[i] = uint8(v)
		case raster.Float32:
			binary.LittleEndian.PutUint32(out.Data[4*i:], math.Float32bits(float32(v)))
		default:
			binary.LittleEndian.PutUint16(out.Data[2*i:], uint16(int(v)))
		}
	}
	return out
}

// conversions are what people do to CT numbers, and what is said of the result; "" where it is right.
var conversions = map[string]struct {
	to   raster.Type
	f    func(v float64) float64
	says string
}{
	"as they are":                   {raster.Int16, func(v float64) float64 { return v }, ""},
	"floats":                        {raster.Float32, func(v float64) float64 { return v }, ""},
	"32768 added":                   {raster.Uint16, func(v float64) float64 { return v + 32768 }, "32768 seems to have been added; subtract it"},
	"32768 added, padding 0":        {raster.Uint16, func(v float64) float64 { return max(v, -1000)*b2f(v > -1000) + 32768*b2f(v > -1000) }, "none below 0"},
	"32768 added, read as signed":   {raster.Int16, func(v float64) float64 { return v + 32768 }, "read as signed ones"},
	"1024 added":                    {raster.Uint16, func(v float64) float64 { return max(v, -1024) + 1024 }, "1000 or 1024 seems to have been added; subtract it"},
	"1024 added, padding below":     {raster.Int16, func(v float64) float64 { return v + 1024 - 1500*b2f(v < -1010) }, "1024 seems to have been added; subtract it"},
	"times ten":                     {raster.Int16, func(v float64) float64 { return 10 * v }, "they look multiplied, by 10 for example"},
	"1024 subtracted twice":         {raster.Int16, func(v float64) float64 { return v - 1024 }, "subtracted twice; add it once"},
	"soft tissue":                   {raster.Int16, func(v float64) float64 { return min(max(v, -160), 240) }, "clipped to a window of soft tissue"},
	"padding far below":             {raster.Int16, func(v float64) float64 { return v - 30000*b2f(v < -1500) }, ""},
	"wrapped":                       {raster.Uint16, func(v float64) float64 { return v }, "negative numbers seem to have been stored as unsigned ones"},
	"minimum to maximum, 16 bits":   {raster.Uint16, func(v float64) float64 { return min(max((v+1024)/2500, 0), 1) * 65535 }, "scaled from minimum to maximum"},
	"0 to 1":                        {raster.Float32, func(v float64) float64 { return min(max((v+1000)/1400, 0), 1) }, "scaled to 0..1"},
	"-1 to 1":                       {raster.Float32, func(v float64) float64 { return min(max((v+1000)/1400, 0), 1)*2 - 1 }, "scaled to −1..1"},
	"mean 0, deviation 1":           {raster.Float32, func(v float64) float64 { return (v + 400) / 500 }, "normalized to mean 0"},
	"0 to 255 in 16 bits":           {raster.Uint16, func(v float64) float64 { return min(max((v+1000)/1400, 0), 1) * 255 }, "scaled to the 0..255 of 8 bits"},
	"0 to 255 in floats":            {raster.Float32, func(v float64) float64 { return min(max((v+1000)/1400, 0), 1) * 255 }, "scaled to the 0..255 of 8 bits"},
	"8 bits":                        {raster.Uint8, func(v float64) float64 { return min(max((v+1000)/1400, 0), 1) * 255 }, "has 8 bits"},
	"one value":                     {raster.Int16, func(float64) float64 { return -700 }, "one value only"},
	"everything far below a window": {raster.Float32, func(v float64) float64 { return v - 4000 }, "the window -1000…400 makes nearly one grey"},
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestConversionsOfCTNumbersAreRecognized(t *testing.T) {
	m := slice(t)
	for what, c := range conversions {
		_, fault := CTFault(converted(m, c.to, c.f), lungWindow)
		if (c.says == "") != (fault == "") || !strings.Contains(fault, c.says) {
			t.Errorf("%s: %q, want %q", what, fault, c.says)
		}
	}
	if _, fault := CTFault(m, [2]float64{1000, 2000}); !strings.Contains(fault,
		"the window 1000…2000 makes nearly one grey") {
		t.Errorf("a window above everything: %q", fault)
	}
	if _, fault := CTFault(m, [2]float64{-160, 240}); fault != "" {
		t.Errorf("a window of soft tissue: %q", fault)
	}
}

// TestASweepIsWarnedOfConvertedCTNumbers also from the cache, in which they can no longer be told.
func TestASweepIsWarnedOfConvertedCTNumbers(t *testing.T) {
	root := brokenCopy(t, "Lung", func(dir string) {
		images := filepath.Join(dir, "2d_images")
		entries, err := os.ReadDir(images)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			path := filepath.Join(images, e.Name())
			m, err := files.Picture(context.Background(), path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			c := conversions["32768 added"]
			if err := tiff.Encode(f, converted(m, c.to, c.f), tiff.Options{}); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	})
	c := phantomConfigs["Lung"]
	c.Cache = t.TempDir()
	for _, cached := range []bool{false, true} {
		ds, err := Open(t.Context(), c, root, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := first(t, ds).Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w := ds.Facts().Warnings; len(w) != 1 ||
			!strings.HasPrefix(w[0], "9 of 9 slices may hold no CT numbers, such as 2d_images/ID_0000_Z_0060.tif: "+
				"32768 seems to have been added; subtract it") {
			t.Errorf("cached %t: warnings %q", cached, w)
		}
	}
}

func TestAPictureOfAnotherKindIsDoubted(t *testing.T) {
	m := slice(t)
	grey, colour := converted(m, raster.Uint8, func(float64) float64 { return 3 }), raster.New(4, 4, 3, raster.Uint8)
	for _, c := range []struct {
		recipe  Recipe
		picture *raster.Image
		says    string
	}{
		{Recipe{CT: true, Window: lungWindow}, m, ""},
		{Recipe{CT: true, Window: lungWindow}, colour, "is in colour, but the network was trained on CT numbers"},
		{Recipe{CT: true, Window: lungWindow}, converted(m, raster.Uint16, func(v float64) float64 { return v + 32768 }), "32768 seems to have been added"},
		{Recipe{Input: "rgb"}, grey, "is grey, but the network was trained on photographs"},
		{Recipe{Input: "grey", Grey: true}, grey, ""},
		{Recipe{Input: "rgb"}, colour, ""},
		{Recipe{Input: "grey", Photograph: true}, grey, "is grey, but"},
	} {
		if got := c.recipe.doubt(c.picture); (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
			t.Errorf("%+v: %q, want %q", c.recipe, got, c.says)
		}
	}
}
