package fov

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"r2unet/datasets/raster"
)

// scene is a fundus photograph with a known field of view.
type scene struct {
	w, h       int
	x, y, r    float64
	level      float64 // brightness in the middle
	fall       float64 // share lost at the rim, on one side
	noise      float64
	background float64
	lesion     bool // a bright lesion
	haze       bool // a bright spot outside the field
	cut        int  // rows above this one are dark: a straight cut of the aperture
}

func (s scene) draw() (*raster.Image, []uint8) {
	m := raster.New(s.w, s.h, 3, raster.Uint8)
	truth := make([]uint8, s.w*s.h)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range truth {
		x, y := float64(i%s.w), float64(i/s.w)
		d := math.Hypot(x-s.x, y-s.y)
		inside := min(max(s.r-d+0.5, 0), 1)
		if i/s.w < s.cut {
			inside = 0
		}
		if inside > 0.5 {
			truth[i] = 1
		}
		v := s.level * (1 - s.fall*(0.5+0.5*(x-s.x)/s.r))
		if s.lesion && math.Hypot(x-s.x+40, y-s.y) < 50 {
			v = 250
		}
		v = v*inside + s.background
		if s.haze && math.Hypot(x-4, y-float64(s.h)/2) < 3 {
			v = 200
		}
		for c, tint := range [3]float64{1, 0.5, 0.2} {
			m.Data[3*i+c] = uint8(min(max(v*tint+s.noise*r.NormFloat64(), 0), 255))
		}
	}
	return m, truth
}

func TestGenerateFindsTheApertureInEveryLight(t *testing.T) {
	drive := scene{w: 565, h: 584, x: 282, y: 290, r: 268, level: 150}
	for name, change := range map[string]func(s *scene){
		"plain":               func(*scene) {},
		"dark":                func(s *scene) { s.level = 40 },
		"dark on one side":    func(s *scene) { s.level, s.fall = 120, 0.9 },
		"noisy":               func(s *scene) { s.noise = 6 },
		"grey background":     func(s *scene) { s.background, s.noise = 20, 3 },
		"bright lesion":       func(s *scene) { s.lesion, s.level = true, 60 },
		"spot outside":        func(s *scene) { s.haze = true },
		"over the border":     func(s *scene) { s.w, s.h, s.x, s.y, s.r = 700, 605, 350, 302, 326 },
		"straight cut":        func(s *scene) { s.cut = 60 },
		"not in the middle":   func(s *scene) { s.x, s.w = 320, 640 },
		"small field":         func(s *scene) { s.r = 150 },
		"low resolution":      func(s *scene) { s.w, s.h, s.x, s.y, s.r = 141, 146, 70, 72, 67 },
		"very dark and noisy": func(s *scene) { s.level, s.noise = 25, 2 },
	} {
		s := drive
		change(&s)
		m, truth := s.draw()
		mask := Generate(m)
		goal := 0.99
		if s.w < 200 {
			goal = 0.96 // two pixels matter at this size
		}
		if got := Dice(mask, truth); got < goal {
			t.Errorf("%s: Dice %.4f", name, got)
		}
		if err := oneSmoothPiece(mask, s.w, s.h); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// oneSmoothPiece checks that every row and column crosses the mask at most once: one component, no holes, no notches.
func oneSmoothPiece(mask []uint8, w, h int) error {
	for y := range h {
		changes := 0
		for x := 1; x < w; x++ {
			if mask[y*w+x] != mask[y*w+x-1] {
				changes++
			}
		}
		if changes > 2 {
			return fmt.Errorf("row %d enters the mask more than once", y)
		}
	}
	for x := range w {
		changes := 0
		for y := 1; y < h; y++ {
			if mask[y*w+x] != mask[(y-1)*w+x] {
				changes++
			}
		}
		if changes > 2 {
			return fmt.Errorf("column %d enters the mask more than once", x)
		}
	}
	return nil
}

func TestGenerateTakesAFullFrameAsAllInside(t *testing.T) {
	m := raster.New(64, 48, 3, raster.Uint8)
	for i := range m.Data {
		m.Data[i] = 120
	}
	for i, v := range Generate(m) {
		if v != 1 {
			t.Fatalf("pixel %d is outside", i)
		}
	}
}

func TestGenerateSurvivesOddPictures(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {3, 3}, {17, 5}} {
		for range 20 {
			m := raster.New(size[0], size[1], 1, raster.Uint8)
			for i := range m.Data {
				m.Data[i] = byte(r.Uint32() & r.Uint32())
			}
			if got := len(Generate(m)); got != size[0]*size[1] {
				t.Errorf("%v: %d pixels", size, got)
			}
		}
	}
}

// TestGenerateOnASquareApertureUsesTheHull shows what happens to fields that are not circles.
func TestGenerateOnASquareApertureUsesTheHull(t *testing.T) {
	m := raster.New(200, 200, 1, raster.Uint8)
	truth := make([]uint8, 200*200)
	for i := range truth {
		if x, y := i%200, i/200; x > 30 && x < 170 && y > 40 && y < 160 {
			truth[i] = 1
			m.Data[i] = 150
		}
	}
	if got := Dice(Generate(m), truth); got < 0.95 {
		t.Errorf("Dice %.4f", got)
	}
}
