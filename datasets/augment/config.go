// Package augment changes training samples at random: flips, turns, scaling, elastic deformation, brightness, contrast and noise.
//
// Geometry is drawn straight out of the source image, so that a turned patch has real pixels in its corners. Images are sampled
// bilinearly, labels by the nearest pixel, which keeps them zeros and ones.
package augment

import (
	"fmt"
	"math"
)

// Config is the [dataset.augment] table. The zero value changes nothing.
type Config struct {
	Flip        bool    `toml:"flip" json:"flip"`                 // mirror left–right and top–bottom, each with probability ½
	RightAngles bool    `toml:"right-angles" json:"right_angles"` // turn by 0°, 90°, 180° or 270°, equally likely
	Rotate      float64 `toml:"rotate" json:"rotate"`             // turn by up to this angle either way, degrees, 0–180
	Scale       float64 `toml:"scale" json:"scale"`               // magnify by a factor from 1/(1+scale) to 1+scale, 0–3
	Elastic     float64 `toml:"elastic" json:"elastic"`           // standard deviation of the displacement, px, 0–50
	ElasticGrid float64 `toml:"elastic-grid" json:"elastic_grid"` // distance between independent displacements, px; 0 = 16
	Brightness  float64 `toml:"brightness" json:"brightness"`     // add up to this either way, intensities being 0–1
	Contrast    float64 `toml:"contrast" json:"contrast"`         // multiply by 1/(1+contrast) to 1+contrast around the mean, 0–3
	Noise       float64 `toml:"noise" json:"noise"`               // standard deviation of added Gaussian noise, intensities being 0–1
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
	} {
		if !(f.value >= 0 && f.value <= f.max) || math.IsInf(f.value, 0) {
			return fmt.Errorf("augment.%s = %g: must be from 0 to %g%s", f.key, f.value, f.max, f.unit)
		}
	}
	if c.ElasticGrid > 0 && c.ElasticGrid < 4 {
		return fmt.Errorf("augment.elastic-grid = %g: must be 0 (the default of %d px) or at least 4 px", c.ElasticGrid, defaultElasticGrid)
	}
	return nil
}

// Geometric says whether samples are turned, scaled or deformed by other than flips and right angles.
func (c Config) Geometric() bool { return c.Rotate > 0 || c.Scale > 0 || c.Elastic > 0 }
