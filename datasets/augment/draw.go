package augment

import (
	"math"
	"math/rand/v2"
)

// Transform is the change of one sample, drawn at random.
type Transform struct {
	h, w         int
	flipX, flipY bool
	quarter      int // rotations by 90°
	dx, dy       int // translation, px
	geometric    bool
	crop         *crop   // nil: none
	cos, sin     float64 // of the rotation, divided by the magnification
	warp         *warp   // nil: no elastic deformation

	colours              []shader // of the raw intensities
	brightness, contrast float32
	optics               []shader
	noise                float64
	r                    *rand.Rand
	cutout               *cutout // nil: none
}

// shader changes the intensities of a sample [C, h, w] in place.
type shader interface {
	shade(pixels []float32, channels, h, w int)
}

// Draw chooses a transform for a sample of h×w px. The numbers of the first nine keys come from r in a fixed order,
// and the transform uses r for the noise later; all others come from streams, which may be nil if none of them is
// set.
func (c Config) Draw(r *rand.Rand, streams Streams, h, w int) *Transform {
	t := &Transform{h: h, w: w, cos: 1, contrast: 1, r: r}
	c.drawRigid(t, r, streams)
	c.drawFree(t, r, streams)
	t.dx, t.dy = c.drawTranslate(streams, h, w)
	if t.crop = c.drawCrop(streams, h, w); t.crop != nil {
		t.geometric = true
	}
	if c.Brightness > 0 {
		if b := float32(c.Brightness * (2*r.Float64() - 1)); !streams.spared("brightness", c.BrightnessP) {
			t.brightness = b
		}
	}
	if c.Contrast > 0 {
		f := float32(math.Exp((2*r.Float64() - 1) * math.Log1p(c.Contrast)))
		if !streams.spared("contrast", c.ContrastP) {
			t.contrast = f
		}
	}
	if t.noise = c.Noise; c.Noise > 0 && streams.spared("noise", c.NoiseP) {
		t.noise = 0
	}
	t.colours = c.drawColours(streams)
	t.optics = c.drawOptics(streams)
	t.cutout = c.drawCutout(streams, h, w)
	return t
}

// drawRigid draws flips and right angles.
func (c Config) drawRigid(t *Transform, r *rand.Rand, streams Streams) {
	if c.Flip {
		t.flipX, t.flipY = r.IntN(2) == 1, r.IntN(2) == 1
		if c.FlipP > 0 {
			own := streams("flip")
			t.flipX, t.flipY = own.Float64() < float64(c.FlipP), own.Float64() < float64(c.FlipP)
		}
	}
	if c.RightAngles {
		t.quarter = r.IntN(4)
		if t.h != t.w {
			t.quarter &= 2 // an oblong sample stays oblong
		}
		if streams.spared("right-angles", c.RightAnglesP) {
			t.quarter = 0
		}
	}
}

// drawFree draws rotation, magnification and elastic deformation.
func (c Config) drawFree(t *Transform, r *rand.Rand, streams Streams) {
	if c.Rotate == 0 && c.Scale == 0 && c.Elastic == 0 {
		return
	}
	angle := c.Rotate * (2*r.Float64() - 1) * math.Pi / 180
	zoom := math.Exp((2*r.Float64() - 1) * math.Log1p(c.Scale))
	if c.Elastic > 0 {
		grid := c.ElasticGrid
		if grid == 0 {
			grid = defaultElasticGrid
		}
		t.warp = newWarp(r, t.h, t.w, grid, c.Elastic)
	}
	turned, zoomed := c.Rotate > 0, c.Scale > 0
	if turned && streams.spared("rotate", c.RotateP) {
		angle, turned = 0, false
	}
	if zoomed && streams.spared("scale", c.ScaleP) {
		zoom, zoomed = 1, false
	}
	if t.warp != nil && streams.spared("elastic", c.ElasticP) {
		t.warp = nil
	}
	t.cos, t.sin = math.Cos(angle)/zoom, math.Sin(angle)/zoom
	t.geometric = turned || zoomed || t.warp != nil
}

// drawColours draws the changes of raw intensities, in the order in which they are applied.
func (c Config) drawColours(streams Streams) (all []shader) {
	if r := streams.draw("brightness-factor", c.BrightnessFactor, c.BrightnessFactorP); r != nil {
		all = append(all, brightnessFactor(between(r, 1-c.BrightnessFactor, 1+c.BrightnessFactor)))
	}
	if r := streams.draw("contrast-factor", c.ContrastFactor, c.ContrastFactorP); r != nil {
		all = append(all, contrastFactor(between(r, 1-c.ContrastFactor, 1+c.ContrastFactor)))
	}
	if r := streams.draw("saturation", c.Saturation, c.SaturationP); r != nil {
		all = append(all, saturation(between(r, 1-c.Saturation, 1+c.Saturation)))
	}
	if r := streams.draw("hue", c.Hue, c.HueP); r != nil {
		all = append(all, hue(between(r, -c.Hue, c.Hue)))
	}
	if r := streams.draw("gamma", c.Gamma, c.GammaP); r != nil {
		all = append(all, gamma(math.Exp(between(r, -1, 1)*math.Log1p(c.Gamma))))
	}
	return all
}

// drawOptics draws the losses of sharpness, in the order in which they are applied.
func (c Config) drawOptics(streams Streams) (all []shader) {
	if r := streams.draw("blur", c.Blur, c.BlurP); r != nil {
		all = append(all, blur(between(r, 0, c.Blur)))
	}
	if r := streams.draw("low-resolution", c.LowResolution, c.LowResolutionP); r != nil {
		all = append(all, lowResolution(between(r, 1/(1+c.LowResolution), 1)))
	}
	return all
}

// Shade changes the intensities of a sample [C, h, w]: first colours, then brightness and contrast around the mean of
// each channel, sharpness, noise, and at last the parts that are cut out, which become the mean.
func (t *Transform) Shade(image []float32, mean []float64) {
	for _, s := range t.colours {
		s.shade(image, len(mean), t.h, t.w)
	}
	if t.brightness != 0 || t.contrast != 1 {
		plane := len(image) / len(mean)
		for c, m := range mean {
			m := float32(m)
			for i, v := range image[c*plane : (c+1)*plane] {
				image[c*plane+i] = m + t.contrast*(v-m) + t.brightness
			}
		}
	}
	for _, s := range t.optics {
		s.shade(image, len(mean), t.h, t.w)
	}
	if t.noise > 0 {
		for i := range image {
			image[i] += float32(t.noise * t.r.NormFloat64())
		}
	}
	if t.cutout != nil {
		t.cutout.fill(image, mean, t.h, t.w)
	}
}
