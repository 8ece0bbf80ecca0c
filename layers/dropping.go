package layers

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/op"
	"r2unet/internal/setting"
)

// Dropping is what training drops out, as the TOML file has it: "none", "elements(rate=0.2)", "channels(rate=0.2)", or
// squares, "block(rate=0.2, size=5)".
type Dropping string

// Canonical returns the one way to write it, or an error if there is no such one.
func (d Dropping) Canonical() (Dropping, error) {
	s, err := d.parse()
	return Dropping(s.String()), err
}

func (d Dropping) parse() (setting.Setting, error) {
	s, err := setting.Parse(string(d))
	if err != nil {
		return s, err
	}
	rate := setting.Number("rate", 0.1, 0.001, 0.9)
	switch s.Name {
	case "none":
		return s.With()
	case "elements", "channels":
		return s.With(rate)
	case "block":
		return s.With(rate, setting.Whole("size", 7, 1, 1000))
	}
	return s, fmt.Errorf("unknown, expected one of none, elements, channels, block")
}

// Drop drops out of x, in a training graph, and divides what stays by the fraction that stays. The mask is a function
// of the seed, the layer's name, the step and the position, so that a resumed run draws the same one.
func (b *Builder) Drop(name string, x *G.Node, d Dropping) *G.Node {
	s, err := d.parse()
	switch {
	case err != nil:
		b.Fail(fmt.Errorf("dropout = %q: %w", d, err))
		return nil
	case s.Name == "none":
		return x
	case s.Name == "block":
		return b.dropBlock(name, x, s.Number("rate"), s.Whole("size"))
	}
	return b.Dropout(name, x, s.Number("rate"), s.Name == "channels")
}

func (b *Builder) dropBlock(name string, x *G.Node, rate float64, size int) *G.Node {
	if !b.draws(name) {
		return x
	}
	return b.do(name, func() (*G.Node, error) { return op.DropBlock(x, b.step, rate, size, b.seed^hash(name)) })
}

// draws reports whether a layer draws at random in this graph, which then has an input for the step.
func (b *Builder) draws(name string) bool {
	if !b.trains(name) || b.err != nil {
		return false
	}
	if b.step == nil {
		b.step = b.Input("step", 1)
	}
	return true
}
