package augment

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// board is a picture whose pixels are all different and whose truth marks a corner.
func board(w, h int) Picture {
	p := Picture{Width: w, Height: h, Channels: 1, Pixels: make([]uint16, w*h), Truth: make([]uint8, w*h)}
	for i := range p.Pixels {
		p.Pixels[i] = uint16(i * fullScale / (w * h))
		if i%w < w/2 && i/w < h/2 {
			p.Truth[i] = 1
		}
	}
	return p
}

// testStreams returns streams that follow from a seed.
func testStreams(seed uint64) Streams {
	return func(key string) *rand.Rand {
		h := fnv.New64a()
		_, _ = h.Write([]byte(key))
		return rand.New(rand.NewPCG(seed, h.Sum64()))
	}
}

func render(c Config, seed uint64, p Picture, h, w int) (image, target []float32) {
	image, target = make([]float32, p.Channels*h*w), make([]float32, h*w)
	t := c.Draw(rand.New(rand.NewPCG(seed, 0)), testStreams(seed), h, w)
	t.Render(image, target, p, float64(p.Width-1)/2, float64(p.Height-1)/2)
	t.Shade(image, make([]float64, p.Channels))
	return image, target
}

func TestNothingChangesWithoutSettings(t *testing.T) {
	p := board(7, 5)
	image, target := render(Config{}, 1, p, 5, 7)
	for i := range image {
		if image[i] != float32(p.Pixels[i])*(1.0/fullScale) || target[i] != float32(p.Truth[i]) {
			t.Fatalf("pixel %d has changed", i)
		}
	}
}

// TestFlipsAndRightAnglesGiveTheEightSymmetries counts the pictures that come out and checks that each is a
// rearrangement.
func TestFlipsAndRightAnglesGiveTheEightSymmetries(t *testing.T) {
	p := board(6, 6)
	original, _ := render(Config{}, 1, p, 6, 6)
	slices.Sort(original)
	seen := map[[2]float32]int{}
	for seed := range uint64(400) {
		image, target := render(Config{Flip: true, RightAngles: true}, seed, p, 6, 6)
		seen[[2]float32{image[0], image[1]}]++
		for i, v := range image {
			from := int(math.Round(float64(v) * 36))
			if target[i] != float32(p.Truth[from]) {
				t.Fatal("the label has moved differently from the image")
			}
		}
		slices.Sort(image)
		if !slices.Equal(image, original) {
			t.Fatal("pixels were made up")
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d symmetries, want 8", len(seen))
	}
	for k, n := range seen {
		if n < 20 {
			t.Errorf("symmetry %v came %d times in 400", k, n)
		}
	}
}

func TestRightAnglesKeepOblongSamplesOblong(t *testing.T) {
	p := board(8, 4)
	for seed := range uint64(50) {
		image, _ := render(Config{RightAngles: true}, seed, p, 4, 8)
		slices.Sort(image)
		if slices.Contains(image[1:], 0) {
			t.Fatal("a pixel came twice")
		}
	}
}

func TestTargetsStayZerosAndOnes(t *testing.T) {
	p := board(40, 40)
	for seed := range uint64(30) {
		c := Config{Flip: true, RightAngles: true, Rotate: 180, Scale: 1, Elastic: 5, Noise: 0.1}
		_, target := render(c, seed, p, 32, 32)
		for _, v := range target {
			if v != 0 && v != 1 {
				t.Fatalf("target %g", v)
			}
		}
	}
}

// TestImageAndLabelMoveTogether draws a picture that is bright where it is labelled: they agree after any deformation
// but at the border.
func TestImageAndLabelMoveTogether(t *testing.T) {
	p := board(64, 64)
	for i, v := range p.Truth {
		p.Pixels[i] = uint16(v) * fullScale
	}
	for seed := range uint64(30) {
		config := Config{Flip: true, RightAngles: true, Rotate: 180, Scale: 0.5, Elastic: 4}
		image, target := render(config, seed, p, 48, 48)
		for i, v := range image {
			// at a corner of the label a pixel has a quarter of its neighbours
			if math.Abs(float64(v-target[i])) > 0.75+1e-3 {
				t.Fatalf("seed %d: image %g where the label is %g", seed, v, target[i])
			}
		}
	}
}

func TestRotationTurnsAroundTheMiddle(t *testing.T) {
	p := board(31, 31)
	free := Config{Rotate: 90}
	tr := free.Draw(rand.New(rand.NewPCG(1, 1)), nil, 31, 31)
	tr.cos, tr.sin = 0, 1
	image, target := make([]float32, 31*31), make([]float32, 31*31)
	tr.Render(image, target, p, 15, 15)
	for v := range 31 {
		for u := range 31 {
			got, want := image[v*31+u], float32(p.Pixels[u*31+(30-v)])/fullScale
			if math.Abs(float64(got-want)) > 1e-4 {
				t.Fatalf("(%d, %d): %g, want %g", u, v, got, want)
			}
		}
	}
}

func TestElasticDisplacementHasTheDeviationAsked(t *testing.T) {
	sum, n := 0.0, 0
	for seed := range uint64(100) {
		w := newWarp(rand.New(rand.NewPCG(seed, 0)), 64, 64, 16, 3)
		for v := 0; v < 64; v += 5 {
			for u := 0; u < 64; u += 5 {
				x, y := w.at(u, v)
				sum += x*x + y*y
				n += 2
			}
		}
	}
	if got := math.Sqrt(sum / float64(n)); math.Abs(got-3) > 0.2 {
		t.Errorf("deviation %g px, want 3", got)
	}
}

func TestScaleMagnifiesAndShrinksEquallyOften(t *testing.T) {
	larger := 0
	for seed := range uint64(1000) {
		tr := Config{Scale: 0.5}.Draw(rand.New(rand.NewPCG(seed, 0)), nil, 8, 8)
		zoom := 1 / tr.cos
		if zoom < 1/1.5-1e-9 || zoom > 1.5+1e-9 {
			t.Fatalf("magnified by %g", zoom)
		}
		if zoom > 1 {
			larger++
		}
	}
	if larger < 430 || larger > 570 {
		t.Errorf("%d of 1000 magnified", larger)
	}
}

func TestShadeKeepsWithinItsRanges(t *testing.T) {
	mean := []float64{0.5}
	for seed := range uint64(200) {
		image := []float32{0.5}
		Config{Brightness: 0.2}.Draw(rand.New(rand.NewPCG(seed, 0)), nil, 1, 1).Shade(image, mean)
		if image[0] < 0.3 || image[0] > 0.7 {
			t.Fatalf("brightness gives %g", image[0])
		}
		image = []float32{0.5, 0.6}
		Config{Contrast: 1}.Draw(rand.New(rand.NewPCG(seed, 0)), nil, 1, 2).Shade(image, mean)
		if image[0] != 0.5 || image[1] < 0.55-1e-6 || image[1] > 0.7+1e-6 {
			t.Fatalf("contrast gives %g", image)
		}
	}
	image := make([]float32, 10000)
	Config{Noise: 0.1}.Draw(rand.New(rand.NewPCG(1, 0)), nil, 100, 100).Shade(image, mean)
	q := 0.0
	for _, v := range image {
		q += float64(v) * float64(v)
	}
	if got := math.Sqrt(q / 10000); math.Abs(got-0.1) > 0.005 {
		t.Errorf("noise of deviation %g, want 0.1", got)
	}
}

func TestMirrorReflectsWithoutRepeatingTheBorder(t *testing.T) {
	var got []int
	for i := -5; i < 9; i++ {
		got = append(got, mirror(i, 4))
	}
	if want := []int{1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if mirror(-7, 1) != 0 {
		t.Error("a single pixel is everything")
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	for key, c := range map[string]Config{
		"rotate": {Rotate: -1}, "scale": {Scale: 4}, "elastic =": {Elastic: math.Inf(1)}, "elastic-grid": {ElasticGrid: 1},
		"brightness": {Brightness: 2}, "contrast": {Contrast: math.NaN()}, "noise": {Noise: -0.1},
		"resized-crop = [1, 0.5]": {ResizedCrop: [2]float64{1, 0.5}},
		"resized-crop = [0, 1]":   {ResizedCrop: [2]float64{0, 1}},
		"resized-crop-ratio":      {ResizedCropRatio: 0.75}, "hue": {Hue: 0.6}, "cutmix = 2": {CutMix: 2},
		"blur-probability = 1.5": {Probabilities: Probabilities{BlurP: 1.5}},
	} {
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), "augment."+key) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	usual := Config{
		Flip: true, Rotate: 15, Scale: 0.1, Elastic: 2, ElasticGrid: 12, Brightness: 0.1, Contrast: 0.2, Noise: 0.01,
		ResizedCrop: [2]float64{0.5, 1}, Hue: 0.5, Probabilities: Probabilities{HueP: 1, FlipP: 0.1},
	}
	if err := usual.Validate(); err != nil {
		t.Error(err)
	}
}

func benchmark(b *testing.B, c Config) {
	p := board(565, 584)
	image, target := make([]float32, 48*48), make([]float32, 48*48)
	seed := uint64(0)
	for b.Loop() {
		seed++
		t := c.Draw(rand.New(rand.NewPCG(seed, 0)), nil, 48, 48)
		t.Render(image, target, p, 200, 300)
		t.Shade(image, []float64{0.3})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "patches/s")
}

func BenchmarkFlips(b *testing.B)   { benchmark(b, Config{Flip: true, RightAngles: true}) }
func BenchmarkFree(b *testing.B)    { benchmark(b, Config{Rotate: 15, Scale: 0.1}) }
func BenchmarkElastic(b *testing.B) { benchmark(b, Config{Rotate: 15, Scale: 0.1, Elastic: 2}) }
