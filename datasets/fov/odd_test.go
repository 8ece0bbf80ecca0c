package fov

import (
	"math"
	"math/rand/v2"
	"testing"

	"r2unet/datasets/raster"
)

// TestGenerateOnPicturesThatAreNoFundus: whatever the picture shows, the mask is one piece and not empty.
func TestGenerateOnPicturesThatAreNoFundus(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	disc := func(x, y, w, h int) float64 {
		if math.Hypot(float64(x-w/2), float64(y-h/2)) < 0.45*float64(min(w, h)) {
			return 160
		}
		return 4
	}
	for name, c := range map[string]struct {
		w, h  int
		light func(x, y, w, h int) float64
		whole bool    // without a dark border
		least float64 // circularity
		most  float64
	}{
		"black":          {120, 90, func(_, _, _, _ int) float64 { return 0 }, true, 0, 0},
		"white":          {120, 90, func(_, _, _, _ int) float64 { return 255 }, true, 0, 0},
		"no dark border": {120, 90, func(x, y, _, _ int) float64 { return 100 + float64(x%20) }, true, 0, 0},
		"noise":          {200, 150, func(_, _, _, _ int) float64 { return 255 * r.Float64() }, true, 0, 0},
		"a pixel":        {1, 1, func(_, _, _, _ int) float64 { return 90 }, true, 0, 0},
		"a letter box": {200, 150, func(_, y, _, h int) float64 {
			return float64(min(max(min(y, h-1-y)-20, 0), 1) * 150)
		}, false, 0, Round - 0.01},
		"a square": {200, 200, func(x, y, w, h int) float64 {
			return float64(min(max(min(x, y, w-1-x, h-1-y)-20, 0), 1) * 150)
		}, false, 0, Round - 0.01},
		"speckles on dark": {200, 200, func(_, _, _, _ int) float64 { return max(0, 400*r.Float64()-250) }, true, 0, 0},
		"a caption below": {400, 300, func(x, y, w, h int) float64 {
			if y > h-15 && x > 10 && x < 390 && x%8 < 4 {
				return 255
			}
			return disc(x, y, w, h)
		}, false, Round, 1},
		"a caption across the disc": {400, 300, func(x, y, w, h int) float64 {
			if y > 2*h/3 && y < 2*h/3+16 && x > 10 && x < 390 {
				return 255
			}
			return disc(x, y, w, h)
		}, false, Round, 1},
		"a large one": {2400, 2000, disc, false, Round, 1},
		"a thin one":  {4000, 3, func(x, _, _, _ int) float64 { return float64(x % 200) }, false, 0, 1},
	} {
		m := raster.New(c.w, c.h, 1, raster.Uint8)
		for i := range m.Data {
			m.Data[i] = uint8(c.light(i%c.w, i/c.w, c.w, c.h))
		}
		mask := Generate(m)
		if share(mask) == 0 || c.whole && !Whole(mask) {
			t.Errorf("%s: the mask holds %.3f of the picture", name, share(mask))
		}
		if err := oneSmoothPiece(mask, c.w, c.h); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := Circularity(mask, c.w, c.h); got < c.least || got > c.most {
			t.Errorf("%s: circularity %.4f", name, got)
		}
	}
}
