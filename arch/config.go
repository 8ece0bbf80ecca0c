// Package arch builds the four networks of the paper: one encoder–decoder (Figs. 2 and 3) with the block variants of
// Fig. 4, each in a file of its own and found by its name in the TOML file.
//
//	logits := arch.Build(b, config, image) // b is a layers.Builder, image a node [N, C, H, W]
package arch

import (
	"cmp"
	"fmt"
	"slices"

	"r2unet/layers"
)

// Config describes a network: one [[architecture]] of the TOML file.
type Config struct {
	// Name is the name of the network in tables, such as "R2U-Net".
	Name string `toml:"name" json:"name"`
	// Block is the block variant: the paper's "forward", "recurrent", "residual" or "recurrent-residual", or another
	// registered one.
	Block string `toml:"block" json:"block"`
	// T is the number of recurrent steps, at least 1; 0 = a block without recurrence.
	T int `toml:"t" json:"t"`
	// Weights is how recurrent steps share weights: "shared" (default), "per-step" or "tied".
	Weights layers.Sharing `toml:"weights" json:"weights,omitempty"`
	// Norm is what normalizes behind a convolution: "batch" (default), "instance", "group" with its number of groups,
	// "group(groups=8)", or "none".
	Norm layers.Normalization `toml:"norm" json:"norm"`
	// Channels are the numbers of channels of the encoder's levels, finest first; default [16, 32, 64, 128].
	Channels []int `toml:"channels" json:"channels"`
	// Skip is the connection from an encoder level to the decoder: "plain" (default) concatenates, "attention"
	// weights the encoder's map first.
	Skip string `toml:"skip" json:"skip,omitempty"`
	// Style is how blocks and skips form a network: "unet" (default), or another registered one.
	Style string `toml:"style" json:"style,omitempty"`
	// Activation follows the convolutions of blocks: "relu" (default), "leaky", "elu" or "silu".
	Activation string `toml:"activation" json:"activation,omitempty"`
	// Order is that of a convolution's norm and activation: "norm-activation" (default) or "activation-norm".
	Order string `toml:"order" json:"order,omitempty"`
	// Up is how decoder levels double a map: "transposed" (default), "nearest" or "bilinear".
	Up string `toml:"up" json:"up,omitempty"`
	// Down is how encoder levels halve a map: "max" (default), "average" or "strided".
	Down string `toml:"down" json:"down,omitempty"`
	// Dropout is what training drops out behind each block: "none" (default), "elements", "channels" or "block" with
	// their parameters, "channels(rate=0.1)", "block(rate=0.1, size=7)".
	Dropout layers.Dropping `toml:"dropout" json:"dropout,omitempty"`
	// DeepSupervision trains heads on the intermediate results of a network that has some.
	DeepSupervision bool `toml:"deep-supervision" json:"deep-supervision,omitempty"`
}

// MaxSteps bounds t, because a network is unrolled and each step enlarges its graph.
const MaxSteps = 100

// PaperChannels are the paper's "1→16→32→64→128→64→32→16→1".
func PaperChannels() []int { return []int{16, 32, 64, 128} }

// WithDefaults fills in omitted settings.
func (c Config) WithDefaults() Config {
	if c.Norm == "" {
		c.Norm = layers.NormBatch
	}
	if canonical, err := c.Norm.Canonical(); err == nil {
		c.Norm = canonical
	}
	if c.Channels == nil {
		c.Channels = PaperChannels()
	}
	if c.Weights == "" && c.T > 0 {
		c.Weights = layers.Shared
	}
	if c.Skip == "plain" { // a default that is written out does not make another network
		c.Skip = ""
	}
	if c.Style == "unet" {
		c.Style = ""
	}
	if c.Activation == "relu" {
		c.Activation = ""
	}
	if c.Order == NormFirst {
		c.Order = ""
	}
	if c.Up == "transposed" {
		c.Up = ""
	}
	if c.Down == "max" {
		c.Down = ""
	}
	if canonical, err := c.Dropout.Canonical(); err == nil {
		c.Dropout = canonical
	}
	if c.Dropout == "none" {
		c.Dropout = ""
	}
	return c
}

// Validate returns an error for the first invalid setting, beginning with its key. It expects defaults to be filled
// in.
func (c Config) Validate() error {
	usesT := unrolled[c.Block]
	switch {
	case c.Name == "":
		return fmt.Errorf("name: empty, expected the name of the network in tables")
	case blocks.check(c.Block) != nil:
		return blocks.check(c.Block)
	case skips.check(c.skip()) != nil:
		return skips.check(c.skip())
	case styles.check(c.style()) != nil:
		return styles.check(c.style())
	case usesT && c.T < 1:
		return fmt.Errorf("t = %d: block %q is recurrent, expected at least 1 step", c.T, c.Block)
	case c.T > MaxSteps:
		return fmt.Errorf("t = %d: expected at most %d steps", c.T, MaxSteps)
	case !usesT && c.T != 0:
		return fmt.Errorf("t = %d: block %q is not recurrent, leave t out", c.T, c.Block)
	case usesT && !slices.Contains([]layers.Sharing{layers.Shared, layers.PerStep, layers.Tied}, c.Weights):
		return fmt.Errorf("weights = %q: unknown, expected shared, per-step or tied", c.Weights)
	case !usesT && c.Weights != "":
		return fmt.Errorf("weights = %q: block %q is not recurrent, leave weights out", c.Weights, c.Block)
	case len(c.Channels) == 0:
		return fmt.Errorf("channels: empty, expected one number for each encoder level")
	case len(c.Channels) > 10:
		return fmt.Errorf("channels: %d levels, expected at most 10", len(c.Channels))
	}
	if err := c.checkWords(); err != nil {
		return err
	}
	if err := c.checkTogether(); err != nil {
		return err
	}
	for i, n := range c.Channels {
		if n < 1 || n > 4096 {
			return fmt.Errorf("channels[%d] = %d: expected 1 to 4096", i, n)
		}
	}
	return nil
}

// Settings are omitted from what identifies a run if they are the paper's.
func (c Config) skip() string       { return cmp.Or(c.Skip, "plain") }
func (c Config) style() string      { return cmp.Or(c.Style, "unet") }
func (c Config) activation() string { return cmp.Or(c.Activation, "relu") }
func (c Config) order() string      { return cmp.Or(c.Order, NormFirst) }
func (c Config) up() string         { return cmp.Or(c.Up, "transposed") }
func (c Config) down() string       { return cmp.Or(c.Down, "max") }
func (c Config) dropout() string    { return cmp.Or(string(c.Dropout), "none") }

// Multiple returns the number of which height and width of an input must be multiples: 2^Halvings.
func (c Config) Multiple() int { return 1 << c.Halvings() }

// Halvings returns how often the network halves height and width: once for each level but the first, in the style
// "segnet" for each.
func (c Config) Halvings() int {
	if c.Style == "segnet" {
		return len(c.Channels)
	}
	return len(c.Channels) - 1
}
