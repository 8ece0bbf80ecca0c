package arch

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"r2unet/layers"
)

// The orders of a convolution's norm and activation.
const (
	NormFirst       = "norm-activation"
	ActivationFirst = "activation-norm"
)

// Activations are the values of Config.Activation.
func Activations() []string { return []string{"relu", "leaky", "elu", "silu"} }

// function is the activation as layers have it.
func (c Config) function() layers.Function {
	if c.activation() == "relu" {
		return layers.ReLU
	}
	return layers.Function(c.Activation)
}

// unknown is the error of a word that a key does not have.
func unknown(key, value string, known []string) error {
	return fmt.Errorf("%s = %q: unknown, expected one of %s", key, value, strings.Join(known, ", "))
}

// checkWords returns an error for the first setting that is none of those there are.
func (c Config) checkWords() error {
	for _, w := range []struct {
		key, written, value string
		known               []string
	}{
		{"activation", c.Activation, c.activation(), Activations()},
		{"order", c.Order, c.order(), []string{NormFirst, ActivationFirst}},
		{"up", c.Up, c.up(), layers.Ups()},
		{"down", c.Down, c.down(), layers.Downs()},
	} {
		if !slices.Contains(w.known, w.value) {
			return unknown(w.key, w.written, w.known)
		}
	}
	if _, err := c.Norm.Canonical(); err != nil {
		return fmt.Errorf("norm = %q: %w", c.Norm, err)
	}
	if _, err := layers.Dropping(c.dropout()).Canonical(); err != nil {
		return fmt.Errorf("dropout = %q: %w", c.Dropout, err)
	}
	return nil
}

// checkTogether returns an error for the first setting that makes no sense with the others.
func (c Config) checkTogether() error {
	segnet := c.style() == "segnet"
	switch {
	case c.Order == ActivationFirst && c.Norm == layers.NormNone:
		return fmt.Errorf("order = %q: there is no norm (norm = %q), leave order out", c.Order, c.Norm)
	case segnet && c.Skip != "":
		return fmt.Errorf("skip = %q: the style segnet has no skips, leave skip out", c.Skip)
	case segnet && c.Up != "":
		return fmt.Errorf("up = %q: the style segnet puts values back to where its pools found them, leave up out",
			c.Up)
	case segnet && c.Down != "":
		return fmt.Errorf("down = %q: the style segnet needs the places of maxima, leave down out", c.Down)
	case c.DeepSupervision && c.style() != "unet++":
		return fmt.Errorf("deep-supervision = true: the style %s has no heads but those it always trains, "+
			"leave deep-supervision out or take style = \"unet++\"", c.style())
	case c.DeepSupervision && len(c.Channels) < 3:
		return fmt.Errorf("deep-supervision = true: with %d levels there is one head; at least 3 are needed",
			len(c.Channels))
	}
	return nil
}

// Check is Validate, and builds the network once for grey images, so that settings that do not go with the sizes of
// its maps are found, too.
func (c Config) Check() error {
	if err := c.Validate(); err != nil {
		return err
	}
	b := layers.NewBuilder(&layers.Params{}, false, tensor.Float32)
	_, err := Build(b, c, b.Input("image", 1, 1, c.Multiple(), c.Multiple()))
	return err
}
