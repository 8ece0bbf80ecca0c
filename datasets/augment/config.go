// Package augment changes training samples at random: geometry, colour, sharpness, noise, parts that are missing or
// come from another sample.
//
// Geometry is drawn straight out of the source image, so that a rotated patch has real pixels in its corners; beyond
// the image's border its pixels and labels are mirrored. Images are sampled bilinearly and labels by the nearest
// pixel, which keeps classes and ignored pixels what they are.
package augment

import (
	"fmt"
	"math"
)

// Config is the [dataset.augment] table. The zero value changes nothing. Intensities are from 0 to 1, a sample has
// h×w px.
//
// Keys after noise came later. Each has a stream of random numbers of its own, so that switching it on leaves the
// others' numbers as they are.
type Config struct {
	// Flip mirrors left–right and top–bottom, each with probability ½.
	Flip bool `toml:"flip" json:"flip"`
	// RightAngles rotates by 0°, 90°, 180° or 270°, equally likely.
	RightAngles bool `toml:"right-angles" json:"right_angles"`
	// Rotate rotates by up to this angle either way, degrees, 0–180.
	Rotate float64 `toml:"rotate" json:"rotate"`
	// Scale magnifies by a factor from 1/(1+scale) to 1+scale, 0–3.
	Scale float64 `toml:"scale" json:"scale"`
	// Elastic displaces points at random; it is the standard deviation of the displacement, px, 0–50.
	Elastic float64 `toml:"elastic" json:"elastic"`
	// ElasticGrid is the distance between independent displacements, px; 0 = 16.
	ElasticGrid float64 `toml:"elastic-grid" json:"elastic_grid"`
	// Brightness adds up to this either way, 0–1.
	Brightness float64 `toml:"brightness" json:"brightness"`

	// Contrast multiplies by a factor from 1/(1+contrast) to 1+contrast around the mean of the training images, 0–3.
	Contrast float64 `toml:"contrast" json:"contrast"`
	// Noise is the standard deviation of added Gaussian noise, 0–1.
	Noise float64 `toml:"noise" json:"noise"`

	// Translate shifts by up to this share of the sample's side either way, in whole pixels, 0–1.
	Translate float64 `toml:"translate" json:"translate,omitempty"`
	// ResizedCrop draws the sample out of a part of its area, a share between these two, 0.01–4, at a random position;
	// a share above 1 is an area larger than the sample; both 0 = off.
	ResizedCrop [2]float64 `toml:"resized-crop" json:"resized_crop,omitzero"`
	// ResizedCropRatio bounds the change of the aspect ratio by resized-crop: a factor from 1/ratio to ratio, 1–4; 0 =
	// 4/3.
	ResizedCropRatio float64 `toml:"resized-crop-ratio" json:"resized_crop_ratio,omitempty"`
	// BrightnessFactor multiplies by 1−brightness-factor to 1+brightness-factor, 0–1.
	BrightnessFactor float64 `toml:"brightness-factor" json:"brightness_factor,omitempty"`
	// ContrastFactor multiplies by 1−contrast-factor to 1+contrast-factor around the mean of the sample, 0–1.
	ContrastFactor float64 `toml:"contrast-factor" json:"contrast_factor,omitempty"`
	// Saturation multiplies the distance from grey by 1−saturation to 1+saturation, 0–1; for RGB only.
	Saturation float64 `toml:"saturation" json:"saturation,omitempty"`
	// Hue turns the colour circle by up to this part of a turn either way, 0–0.5; for RGB only.
	Hue float64 `toml:"hue" json:"hue,omitempty"`
	// Gamma raises intensities to a power from 1/(1+gamma) to 1+gamma, 0–9.
	Gamma float64 `toml:"gamma" json:"gamma,omitempty"`
	// Blur is the largest standard deviation of a Gaussian filter, px, 0–20.
	Blur float64 `toml:"blur" json:"blur,omitempty"`
	// LowResolution shrinks the sides to a share from 1/(1+low-resolution) to 1 and enlarges them again, 0–15.
	LowResolution float64 `toml:"low-resolution" json:"low_resolution,omitempty"`
	// Cutout fills a square with the mean of the training images; its side is this share of the sample's shorter one,
	// 0–1. The label stays.
	Cutout float64 `toml:"cutout" json:"cutout,omitempty"`
	// CutMix pastes a rectangle of another training sample with its label, of up to this share of the area, 0–1.
	CutMix float64 `toml:"cutmix" json:"cutmix,omitempty"`

	Probabilities
}

// defaultElasticGrid is the distance of the control points of elastic deformation, in pixels.
const defaultElasticGrid = 16

// Validate names the first key whose value is impossible.
func (c Config) Validate() error {
	for _, f := range []struct {
		key        string
		value, max float64
		unit       string
	}{
		{"rotate", c.Rotate, 180, " degrees"},
		{"scale", c.Scale, 3, ""},
		{"elastic", c.Elastic, 50, " px"},
		{"elastic-grid", c.ElasticGrid, 512, " px"},
		{"brightness", c.Brightness, 1, ""},
		{"contrast", c.Contrast, 3, ""},
		{"noise", c.Noise, 1, ""},
		{"translate", c.Translate, 1, ""},
		{"brightness-factor", c.BrightnessFactor, 1, ""},
		{"contrast-factor", c.ContrastFactor, 1, ""},
		{"saturation", c.Saturation, 1, ""},
		{"hue", c.Hue, 0.5, ""},
		{"gamma", c.Gamma, 9, ""},
		{"blur", c.Blur, 20, " px"},
		{"low-resolution", c.LowResolution, 15, ""},
		{"cutout", c.Cutout, 1, ""},
		{"cutmix", c.CutMix, 1, ""},
	} {
		if !(f.value >= 0 && f.value <= f.max) || math.IsInf(f.value, 0) {
			return fmt.Errorf("augment.%s = %g: must be from 0 to %g%s", f.key, f.value, f.max, f.unit)
		}
	}
	switch crop := c.ResizedCrop; {
	case c.ElasticGrid > 0 && c.ElasticGrid < 4:
		return fmt.Errorf("augment.elastic-grid = %g: must be 0 (the default of %d px) or at least 4 px",
			c.ElasticGrid, defaultElasticGrid)
	case crop != [2]float64{} && !(crop[0] >= 0.01 && crop[0] <= crop[1] && crop[1] <= 4):
		return fmt.Errorf("augment.resized-crop = [%g, %g]: must be two shares of the area from 0.01 to 4, "+
			"the smaller first, or [0, 0] for off", crop[0], crop[1])
	case c.ResizedCropRatio != 0 && !(c.ResizedCropRatio >= 1 && c.ResizedCropRatio <= 4):
		return fmt.Errorf("augment.resized-crop-ratio = %g: must be from 1 to 4, or 0 for 4/3", c.ResizedCropRatio)
	}
	return c.validate()
}

// ColourKey returns the first key that is set and needs the three channels of an RGB image, or "".
func (c Config) ColourKey() string {
	switch {
	case c.Saturation > 0:
		return "saturation"
	case c.Hue > 0:
		return "hue"
	}
	return ""
}
