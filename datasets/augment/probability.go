package augment

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// Probability is the probability that an augmentation changes a sample, above 0 and at most 1. The zero value, which
// is the default, stands for always.
type Probability float64

// UnmarshalTOML refuses 0, which would mean always: who writes it wants the augmentation off.
func (p *Probability) UnmarshalTOML(value any) error {
	switch v := value.(type) {
	case float64:
		*p = Probability(v)
	case int64:
		*p = Probability(v)
	default:
		return fmt.Errorf("incompatible types: TOML value has type %T; a number is wanted", value)
	}
	if *p == 0 {
		return errors.New("must be above 0 and at most 1; set the augmentation itself to 0 to switch it off")
	}
	return nil
}

// Probabilities holds the keys NAME-probability of an augmentation NAME. They say how likely it is to change a
// sample; without one, every sample is changed by a random amount. The probability of a flip is that of each of the
// two, ½ by default.
type Probabilities struct {
	FlipP             Probability `toml:"flip-probability" json:"flip_probability,omitempty"`
	RightAnglesP      Probability `toml:"right-angles-probability" json:"right_angles_probability,omitempty"`
	RotateP           Probability `toml:"rotate-probability" json:"rotate_probability,omitempty"`
	ScaleP            Probability `toml:"scale-probability" json:"scale_probability,omitempty"`
	ElasticP          Probability `toml:"elastic-probability" json:"elastic_probability,omitempty"`
	BrightnessP       Probability `toml:"brightness-probability" json:"brightness_probability,omitempty"`
	ContrastP         Probability `toml:"contrast-probability" json:"contrast_probability,omitempty"`
	NoiseP            Probability `toml:"noise-probability" json:"noise_probability,omitempty"`
	TranslateP        Probability `toml:"translate-probability" json:"translate_probability,omitempty"`
	ResizedCropP      Probability `toml:"resized-crop-probability" json:"resized_crop_probability,omitempty"`
	BrightnessFactorP Probability `toml:"brightness-factor-probability" json:"brightness_factor_probability,omitempty"`
	ContrastFactorP   Probability `toml:"contrast-factor-probability" json:"contrast_factor_probability,omitempty"`
	SaturationP       Probability `toml:"saturation-probability" json:"saturation_probability,omitempty"`
	HueP              Probability `toml:"hue-probability" json:"hue_probability,omitempty"`
	GammaP            Probability `toml:"gamma-probability" json:"gamma_probability,omitempty"`
	BlurP             Probability `toml:"blur-probability" json:"blur_probability,omitempty"`
	LowResolutionP    Probability `toml:"low-resolution-probability" json:"low_resolution_probability,omitempty"`
	CutoutP           Probability `toml:"cutout-probability" json:"cutout_probability,omitempty"`
	CutMixP           Probability `toml:"cutmix-probability" json:"cutmix_probability,omitempty"`
}

// probabilities lists each probability with its key, and whether its augmentation is on.
func (c *Config) probabilities() []probability {
	return []probability{
		{"flip", &c.FlipP, c.Flip},
		{"right-angles", &c.RightAnglesP, c.RightAngles},
		{"rotate", &c.RotateP, c.Rotate > 0},
		{"scale", &c.ScaleP, c.Scale > 0},
		{"elastic", &c.ElasticP, c.Elastic > 0},
		{"brightness", &c.BrightnessP, c.Brightness > 0},
		{"contrast", &c.ContrastP, c.Contrast > 0},
		{"noise", &c.NoiseP, c.Noise > 0},
		{"translate", &c.TranslateP, c.Translate > 0},
		{"resized-crop", &c.ResizedCropP, c.ResizedCrop[1] > 0},
		{"brightness-factor", &c.BrightnessFactorP, c.BrightnessFactor > 0},
		{"contrast-factor", &c.ContrastFactorP, c.ContrastFactor > 0},
		{"saturation", &c.SaturationP, c.Saturation > 0},
		{"hue", &c.HueP, c.Hue > 0},
		{"gamma", &c.GammaP, c.Gamma > 0},
		{"blur", &c.BlurP, c.Blur > 0},
		{"low-resolution", &c.LowResolutionP, c.LowResolution > 0},
		{"cutout", &c.CutoutP, c.Cutout > 0},
		{"cutmix", &c.CutMixP, c.CutMix > 0},
	}
}

type probability struct {
	key string
	p   *Probability
	on  bool
}

func (p Probabilities) validate() error {
	for _, v := range (&Config{Probabilities: p}).probabilities() {
		if !(*v.p >= 0 && *v.p <= 1) {
			return fmt.Errorf("augment.%s-probability = %g: must be above 0 and at most 1", v.key, *v.p)
		}
	}
	return nil
}

// Canonical returns an equal configuration without what changes nothing: probabilities that are the default, and
// those of augmentations that are off. Two tables that mean the same are then the same settings of a run.
func (c Config) Canonical() Config {
	for _, v := range c.probabilities() {
		usual := Probability(1)
		if v.key == "flip" {
			usual = 0.5
		}
		if !v.on || *v.p == usual {
			*v.p = 0
		}
	}
	if c.ResizedCrop == [2]float64{} {
		c.ResizedCropRatio = 0
	}
	return c
}

// Streams returns the stream of random numbers that an augmentation has to itself, by its key. Each call returns it
// from its beginning.
type Streams func(key string) *rand.Rand

// draw opens the stream of an augmentation and draws whether it changes the sample. The stream is nil if not.
func (s Streams) draw(key string, strength float64, p Probability) *rand.Rand {
	if strength == 0 {
		return nil
	}
	r := s(key)
	if u := r.Float64(); p > 0 && u >= float64(p) {
		return nil
	}
	return r
}

// spared reports whether an augmentation whose numbers come from the common stream leaves a sample alone.
func (s Streams) spared(key string, p Probability) bool {
	return p > 0 && p < 1 && s(key).Float64() >= float64(p)
}

// between draws a number from low to high.
func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }
