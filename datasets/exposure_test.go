package datasets

import (
	"math"
	"strings"
	"testing"

	"r2unet/datasets/raster"
)

// ramp is a grey picture of 8 bits with the values 0, 10, 20 … 150, or of 16 bits with the same times a factor.
func ramp(t raster.Type, factor int) *raster.Image {
	m := raster.New(4, 4, 1, t)
	for i := range 16 {
		v := 10 * i * factor
		if t == raster.Uint8 {
			m.Data[i] = byte(v)
		} else {
			m.Data[2*i], m.Data[2*i+1] = byte(v), byte(v>>8)
		}
	}
	return m
}

// TestAWindowHoldsForPicturesOf8BitsToo: values below 50 are 0, above 100 they are 1; CT slices of 8 bits have been
// windowed before, and so have all to recipes of earlier versions.
func TestAWindowHoldsForPicturesOf8BitsToo(t *testing.T) {
	own := Recipe{
		CT: true, AnyValues: true, EveryType: true, Input: "grey", Window: [2]float64{50, 100},
		Normalization: identity(1),
	}
	slices := own
	slices.AnyValues, slices.EveryType = false, false
	for name, c := range map[string]struct {
		recipe Recipe
		of     *raster.Image
		want   func(value float64) float64
	}{
		"8 bits":  {own, ramp(raster.Uint8, 1), func(v float64) float64 { return min(max((v-50)/50, 0), 1) }},
		"16 bits": {own, ramp(raster.Uint16, 1), func(v float64) float64 { return min(max((v-50)/50, 0), 1) }},
		"a slice": {slices, ramp(raster.Uint8, 1), func(v float64) float64 { return v / 255 }},
	} {
		s, err := c.recipe.Prepare(c.of)
		must(t, err)
		for i, got := range s.Image {
			if want := c.want(float64(10 * i)); math.Abs(float64(got)-want) > 1e-4 {
				t.Errorf("%s: value %d became %g, want %g", name, 10*i, got, want)
			}
		}
	}
	if own.name() == slices.name() {
		t.Error("prepared images of both ways have one name in the cache")
	}
}

// TestAFarDarkerOrLighterPictureIsDoubted, such as one of twelve bits in samples of sixteen.
func TestAFarDarkerOrLighterPictureIsDoubted(t *testing.T) {
	bright := Recipe{Input: "grey", Grey: true, Normalization: Normalization{[]float64{0.3}, []float64{0.2}}}
	dark := Recipe{Input: "grey", Grey: true, Normalization: Normalization{[]float64{0.02}, []float64{0.01}}}
	window := Recipe{
		CT: true, AnyValues: true, EveryType: true, Input: "grey", Window: [2]float64{0, 4000},
		Normalization: Normalization{[]float64{0.3}, []float64{0.2}},
	}
	unknown := Recipe{Input: "grey", Grey: true, Normalization: identity(1)}
	for _, c := range []struct {
		recipe Recipe
		of     *raster.Image
		want   string
	}{
		{bright, ramp(raster.Uint8, 1), ""},
		{bright, ramp(raster.Uint16, 256), ""},
		{bright, ramp(raster.Uint16, 16), "is far darker than the images the network was trained on"},
		{dark, ramp(raster.Uint16, 16), ""},
		{dark, ramp(raster.Uint8, 1), "is far lighter than"},
		{window, ramp(raster.Uint16, 16), ""},
		{window, ramp(raster.Uint8, 1), "the window is 0 to 4000"},
		{unknown, ramp(raster.Uint16, 16), ""},
	} {
		s, err := c.recipe.Prepare(c.of)
		must(t, err)
		if (c.want == "") != (s.Doubt == "") || !strings.Contains(s.Doubt, c.want) {
			t.Errorf("%+v on %v: %q, want %q", c.recipe, c.of.Type, s.Doubt, c.want)
		}
	}
}
