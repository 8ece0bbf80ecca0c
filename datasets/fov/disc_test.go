package fov

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"r2unet/datasets/raster"
)

// film is a scanned slide: a disc cut off straight above and below, on film brighter than the margin around it.
type film struct {
	x, y, r     float64
	top, bottom float64 // rows of the cuts
	tilt        float64 // of the cuts, rows per column
	level       float64
	fall        float64 // share of the light lost towards the right rim
	least       float64 // light in the disc, at least
	base        float64 // light of the film
	strip       float64 // additional light above the disc, from the film's edge to the cut
	margin      int     // rows above and below without film
	tab         bool    // a notch of the camera's mask beside the disc
	caption     bool    // white letters on the margin
	turned      bool    // by a quarter
}

const filmWidth, filmHeight = 350, 330

func (f film) draw() (*raster.Image, []uint8) {
	w, h := filmWidth, filmHeight
	if f.turned {
		w, h = h, w
	}
	m := raster.New(w, h, 3, raster.Uint8)
	truth := make([]uint8, w*h)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range truth {
		px, py := i%w, i/w
		if f.turned {
			px, py = py, px
		}
		x, y := float64(px), float64(py)
		tilted := y - f.tilt*(x-f.x)
		v := 5.0
		if py >= f.margin && py < filmHeight-f.margin {
			v = f.base
			if tilted < f.top {
				v += f.strip
			}
		}
		inside := math.Hypot(x-f.x, y-f.y) <= f.r && tilted >= f.top && tilted <= f.bottom
		if inside {
			truth[i] = 1
		}
		switch {
		case inside:
			v = max(f.least, f.level*(1-f.fall*(0.5+0.5*(x-f.x)/f.r)))
		case f.tab && math.Abs(x-f.x-0.73*f.r)+math.Abs(y-f.y+0.73*f.r) < 12:
			v = f.level
		case f.caption && py > filmHeight-10 && px > 40 && px < 200 && px%6 < 3:
			v = 255
		}
		for c, tint := range [3]float64{1, 0.6, 0.3} {
			m.Data[3*i+c] = uint8(min(max(v*tint+r.NormFloat64(), 0), 255))
		}
	}
	return m, truth
}

// TestGenerateFindsADiscThatIsCutOffOnFilm draws what the scanned slides of STARE show.
func TestGenerateFindsADiscThatIsCutOffOnFilm(t *testing.T) {
	stare := film{x: 175, y: 165, r: 162, top: 27, bottom: 303, level: 150, base: 20, margin: 12}
	for name, change := range map[string]func(f *film){
		"plain":                          func(*film) {},
		"a dim strip above":              func(f *film) { f.strip = 20 },
		"a strip above, and bright film": func(f *film) { f.strip, f.base = 15, 35 },
		"film brighter than the corners": func(f *film) { f.base, f.margin = 40, 15 },
		"askew":                          func(f *film) { f.tilt, f.strip = 0.02, 20 },
		"dark on one side":               func(f *film) { f.fall, f.strip = 0.7, 20 },
		"nearly black on one side": func(f *film) {
			f.level, f.fall, f.least, f.top, f.bottom, f.margin = 250, 1.1, 14, 0, 330, 330
		},
		"dark film, dark retina":          func(f *film) { f.level, f.base, f.strip, f.tilt = 70, 12, 12, 0.01 },
		"a tab":                           func(f *film) { f.tab, f.strip = true, 20 },
		"a caption":                       func(f *film) { f.caption, f.strip = true, 20 },
		"cut off far inside":              func(f *film) { f.top, f.bottom, f.strip = 50, 280, 20 },
		"one cut only":                    func(f *film) { f.bottom, f.y, f.strip = 400, 130, 20 },
		"cut off left and right":          func(f *film) { f.turned, f.strip = true, 20 },
		"over the image's border, no cut": func(f *film) { f.x, f.strip = 220, 15 },
	} {
		f := stare
		change(&f)
		m, truth := f.draw()
		mask := Generate(m)
		if got := Dice(mask, truth); got < 0.985 { // two pixels fewer at the rim cost 0.012 at this size
			t.Errorf("%s: Dice %.4f", name, got)
		}
		film := 0
		for i, v := range mask {
			film += int(v &^ truth[i])
		}
		if film > len(truth)/300 {
			t.Errorf("%s: the mask takes in %d px of film", name, film)
		}
		if got := Circularity(mask, m.Width, m.Height); got < Round {
			t.Errorf("%s: circularity %.4f", name, got)
		}
	}
}

func TestDiscOfAHullIsNotRound(t *testing.T) {
	m, truth := film{x: 175, y: 165, r: 162, top: 27, bottom: 303, level: 150, base: 20, margin: 12}.draw()
	w, h := m.Width, m.Height
	if got := Circularity(truth, w, h); got < 0.99 {
		t.Errorf("circularity of a disc with cuts: %.4f", got)
	}
	// Like a hull that includes the film from corner to corner.
	hull := convexHull(append(outline(truth, w, h), point{0, 12}, point{w - 1, 12}))
	if got := Circularity(fillPolygon(hull, w, h), w, h); got >= Round {
		t.Errorf("circularity of the hull with the film: %.4f", got)
	}
	square, frame := make([]uint8, w*h), make([]uint8, w*h)
	for i := range square {
		frame[i] = 1
		if x, y := i%w, i/w; x > 50 && x < 250 && y > 50 && y < 250 {
			square[i] = 1
		}
	}
	for what, mask := range map[string][]uint8{
		"a square": square, "the whole frame": frame, "nothing": make([]uint8, w*h),
	} {
		if got := Circularity(mask, w, h); got >= Round {
			t.Errorf("circularity of %s: %.4f", what, got)
		}
	}
}

func TestCheckRefusesWhatIsNoFieldOfView(t *testing.T) {
	m, truth := film{x: 175, y: 165, r: 162, top: 27, bottom: 303, level: 150, base: 20, margin: 12}.draw()
	made := Generate(m)
	n := len(truth)
	fill := func(value func(i int) bool) []uint8 {
		out := make([]uint8, n)
		for i := range out {
			if value(i) {
				out[i] = 1
			}
		}
		return out
	}
	everything := fill(func(int) bool { return true })
	for _, c := range []struct {
		what       string
		mask, made []uint8
		want       string // in the error; "" = none
	}{
		{"its own mask", made, made, ""},
		{"the true one", truth, made, ""},
		{"a smaller disc", fill(func(i int) bool {
			return math.Hypot(float64(i%m.Width)-175, float64(i/m.Width)-165) < 120
		}), made, ""},
		{"black", make([]uint8, n), made, "is black"},
		{"white", everything, made, "is white"},
		{"white but for a frame line", fill(func(i int) bool { return i >= m.Width }), made, "is white"},
		{"white, no dark border", everything, everything, ""},
		{"inverted", fill(func(i int) bool { return truth[i] == 0 }), made, "is inverted"},
		{"vessels", fill(func(i int) bool { return truth[i] == 1 && i%m.Width%10 == 0 }), made, "holds 7 % of the image"},
		{"vessels, no dark border", fill(func(i int) bool { return i%10 == 0 }), everything, "a label of vessels"},
		{"black, no dark border", make([]uint8, n), everything, "is black"},
	} {
		err := Check(c.mask, c.made)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
