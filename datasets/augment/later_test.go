package augment

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"r2unet/datasets/raster"
)

// TestTranslateShiftsByWholePixels finds each shifted sample in the picture, and that shifts have the range asked
// for.
func TestTranslateShiftsByWholePixels(t *testing.T) {
	p := board(60, 60)
	seen := map[[2]int]bool{}
	for seed := range uint64(200) {
		pixels, target := make([]float32, 20*20), make([]float32, 20*20)
		tr := Config{Translate: 0.1}.Draw(rand.New(rand.NewPCG(seed, 0)), testStreams(seed), 20, 20)
		tr.Render(pixels, target, p, 29.5, 29.5)
		dx, dy := tr.dx, tr.dy
		seen[[2]int{dx, dy}] = true
		if dx < -2 || dx > 2 || dy < -2 || dy > 2 {
			t.Fatalf("shifted by (%d, %d)", dx, dy)
		}
		for i, v := range pixels {
			at := (20+dy+i/20)*60 + 20 + dx + i%20
			if v != float32(p.Pixels[at])*(1.0/fullScale) || target[i] != float32(p.Truth[at]) {
				t.Fatalf("pixel %d is not that of (%d, %d)", i, dx, dy)
			}
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d shifts, want 25", len(seen))
	}
}

func TestResizedCropHasAreaRatioAndPlaceWithinItsRanges(t *testing.T) {
	c := Config{ResizedCrop: [2]float64{0.3, 0.9}, ResizedCropRatio: 1.5}
	least, most := 1.0, 0.0
	for seed := range uint64(500) {
		crop := c.drawCrop(testStreams(seed), 40, 60)
		area, ratio := crop.scaleX*crop.scaleY, crop.scaleX/crop.scaleY
		least, most = min(least, area), max(most, area)
		if area < 0.3-1e-9 || area > 0.9+1e-9 || ratio < 1/1.5-1e-9 || ratio > 1.5+1e-9 {
			t.Fatalf("area %g, ratio %g", area, ratio)
		}
		if math.Abs(crop.x)+crop.scaleX*30 > 30+1e-9 || math.Abs(crop.y)+crop.scaleY*20 > 20+1e-9 {
			t.Fatalf("%+v extends beyond the sample", crop)
		}
	}
	if least > 0.31 || most < 0.89 {
		t.Errorf("areas from %g to %g", least, most)
	}
	crop := (Config{ResizedCrop: [2]float64{4, 4}}).drawCrop(testStreams(1), 40, 60)
	if crop.scaleX*crop.scaleY < 3.99 {
		t.Errorf("a part of four times the area: %+v", crop)
	}
}

// TestLabelsKeepTheirClasses runs every geometric change on labels of several classes; pixels of none become −1.
func TestLabelsKeepTheirClasses(t *testing.T) {
	p := board(50, 50)
	classes := []uint8{0, 3, 7, raster.NoClass}
	for i := range p.Truth {
		p.Truth[i] = classes[i/7%4]
	}
	c := Config{
		Flip: true, RightAngles: true, Rotate: 180, Scale: 1, Elastic: 4,
		Translate: 0.5, ResizedCrop: [2]float64{0.2, 2},
	}
	for seed := range uint64(30) {
		_, target := render(c, seed, p, 24, 24)
		for _, v := range target {
			if !slices.Contains([]float32{0, 3, 7, -1}, v) {
				t.Fatalf("class %g", v)
			}
		}
	}
}

// TestWhatLiesBeyondTheBorderIsMirrored shifts a whole image by half its side.
func TestWhatLiesBeyondTheBorderIsMirrored(t *testing.T) {
	p := board(8, 1)
	tr := Transform{h: 1, w: 8, dx: 4, cos: 1}
	pixels, target := make([]float32, 8), make([]float32, 8)
	tr.Render(pixels, target, p, 3.5, 0)
	for i, from := range []int{4, 5, 6, 7, 6, 5, 4, 3} {
		if pixels[i] != float32(p.Pixels[from])*(1.0/fullScale) {
			t.Errorf("pixel %d is not pixel %d of the picture", i, from)
		}
	}
}

func TestCutoutFillsASquareWithTheMean(t *testing.T) {
	whole := 0
	for seed := range uint64(100) {
		pixels := slices.Repeat([]float32{1}, 2*20*30)
		c := Config{Cutout: 0.25}
		c.Draw(rand.New(rand.NewPCG(seed, 0)), testStreams(seed), 20, 30).Shade(pixels, []float64{0.25, 0.75})
		n := 0
		for i, v := range pixels[:600] {
			switch other := pixels[600+i]; {
			case v == 0.25 && other == 0.75:
				n++
			case v != 1 || other != 1:
				t.Fatalf("pixel %d has %g and %g", i, v, other)
			}
		}
		if n == 0 || n > 25 {
			t.Fatalf("%d pixels are cut out", n)
		}
		if n == 25 {
			whole++
		}
	}
	if whole < 40 {
		t.Errorf("%d of 100 squares are whole", whole)
	}
}

func TestCutMixPastesImageAndLabel(t *testing.T) {
	const h, w = 20, 30
	area := 0.0
	for seed := range uint64(400) {
		part := Config{CutMix: 0.5}.DrawCutMix(testStreams(seed), h, w)
		if !part.In(image.Rect(0, 0, w, h)) || part.Dx()*part.Dy() > h*w/2 {
			t.Fatalf("%v", part)
		}
		area += float64(part.Dx()*part.Dy()) / (h * w) / 400
		a, b := make([]float32, 2*h*w), slices.Repeat([]float32{5}, 2*h*w)
		at, bt := make([]float32, h*w), slices.Repeat([]float32{-1}, h*w)
		Paste(a, at, b, bt, part, w)
		for i := range at {
			inside := image.Pt(i%w, i/w).In(part)
			if (a[i] == 5) != inside || (a[h*w+i] == 5) != inside || (at[i] == -1) != inside {
				t.Fatalf("%v: pixel %d has %g, %g and label %g", part, i, a[i], a[h*w+i], at[i])
			}
		}
	}
	if area < 0.14 || area > 0.22 { // a quarter, less what lies beyond the border and is rounded away
		t.Errorf("%.3f of the area on average", area)
	}
}

// TestProbabilitiesAreThoseAskedFor counts, for each augmentation, the samples that it changes.
func TestProbabilitiesAreThoseAskedFor(t *testing.T) {
	p := board(30, 30)
	p.Channels = 3
	p.Pixels = slices.Concat(p.Pixels, p.Pixels[100:], p.Pixels[:100], p.Pixels[500:], p.Pixels[:500])
	full := Config{
		Flip: true, RightAngles: true, Rotate: 20, Scale: 0.5, Elastic: 2, Brightness: 0.3, Contrast: 0.5, Noise: 0.1,
		Translate: 0.3, ResizedCrop: [2]float64{0.3, 0.8}, BrightnessFactor: 0.5, ContrastFactor: 0.5, Saturation: 0.8,
		Hue: 0.3, Gamma: 1, Blur: 3, LowResolution: 3, Cutout: 0.5, CutMix: 1,
	}
	const tries = 300
	for _, v := range full.probabilities() {
		c := full.only(v.key)
		for _, q := range c.probabilities() {
			if q.key == v.key {
				*q.p = 0.2
			}
		}
		changed := 0
		for seed := range uint64(tries) {
			var plain, image, target []float32
			if v.key == "cutmix" {
				if !c.DrawCutMix(testStreams(seed), 16, 16).Empty() {
					changed++
				}
				continue
			}
			plain, _ = render(Config{}, seed, p, 16, 16)
			if image, target = render(c, seed, p, 16, 16); !slices.Equal(image, plain) {
				changed++
			}
			_ = target
		}
		want := 0.2
		if v.key == "flip" {
			want = 1 - 0.8*0.8 // either of two
		}
		if v.key == "right-angles" {
			want = 0.15 // one of four is no change
		}
		if got := float64(changed) / tries; math.Abs(got-want) > 0.08 {
			t.Errorf("%s changed %.2f of the samples, want %.2f", v.key, got, want)
		}
	}
}

// only returns the configuration with a single augmentation switched on.
func (c Config) only(key string) Config {
	one := map[string]Config{
		"flip": {Flip: c.Flip}, "right-angles": {RightAngles: c.RightAngles}, "rotate": {Rotate: c.Rotate},
		"scale": {Scale: c.Scale}, "elastic": {Elastic: c.Elastic}, "brightness": {Brightness: c.Brightness},
		"contrast": {Contrast: c.Contrast}, "noise": {Noise: c.Noise}, "translate": {Translate: c.Translate},
		"resized-crop": {ResizedCrop: c.ResizedCrop}, "brightness-factor": {BrightnessFactor: c.BrightnessFactor},
		"contrast-factor": {ContrastFactor: c.ContrastFactor}, "saturation": {Saturation: c.Saturation},
		"hue": {Hue: c.Hue}, "gamma": {Gamma: c.Gamma}, "blur": {Blur: c.Blur},
		"low-resolution": {LowResolution: c.LowResolution}, "cutout": {Cutout: c.Cutout}, "cutmix": {CutMix: c.CutMix},
	}
	return one[key]
}

// TestLaterAugmentationsLeaveTheFirstOnesNumbers switches all later ones on with strengths that change nothing.
func TestLaterAugmentationsLeaveTheFirstOnesNumbers(t *testing.T) {
	p := board(40, 40)
	first := Config{Flip: true, RightAngles: true, Rotate: 30, Elastic: 2, Brightness: 0.2, Noise: 0.05}
	with := first
	with.Translate, with.BrightnessFactor, with.Blur, with.LowResolution = 1e-9, 1e-12, 1e-3, 1e-6
	for seed := range uint64(10) {
		a, at := render(first, seed, p, 16, 16)
		b, bt := render(with, seed, p, 16, 16)
		if !slices.Equal(at, bt) {
			t.Fatal("the geometry differs")
		}
		for i := range a {
			if math.Abs(float64(a[i]-b[i])) > 1e-6 {
				t.Fatalf("pixel %d is %g and %g", i, a[i], b[i])
			}
		}
	}
}

func TestCanonicalDropsWhatChangesNothing(t *testing.T) {
	same := Config{
		Flip: true, Rotate: 10, ResizedCropRatio: 2,
		Probabilities: Probabilities{FlipP: 0.5, RotateP: 1, BlurP: 0.3},
	}.Canonical()
	if want := (Config{Flip: true, Rotate: 10}); same != want {
		t.Errorf("%+v", same)
	}
	kept := Config{Flip: true, Blur: 1, Probabilities: Probabilities{FlipP: 0.25, BlurP: 0.3}}
	if kept.Canonical() != kept {
		t.Errorf("%+v", kept.Canonical())
	}
}
