// Package optimizers provides the optimizers, each in a file of its own and found by its name in the TOML file, with
// parameters if it has any: optimizer = "sgd(momentum=0.99)".
package optimizers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"r2unet/internal/nearest"
	"r2unet/internal/setting"
)

// An Optimizer updates each weight independently, from its gradient and the state of earlier steps. Its methods must
// be functions of their arguments alone, so that a resumed run takes the same steps.
type Optimizer interface {
	// State returns the names of the state of each weight, such as a momentum, which checkpoints store under
	// "optimizer.state.parameter". It starts at 0.
	State() []string
	// Numbers returns at most eight numbers for a step, the same for all weights: the learning rate and whatever else
	// changes from step to step. Steps are counted from 1. Devices round them to their precision.
	Numbers(rate float64, step int) []float64
	// Update returns the new weight and changes the state in place.
	Update(numbers []float64, weight, gradient float64, state []float64) float64
}

// MaxNumbers bounds the length of Numbers.
const MaxNumbers = 8

// Decoupled is implemented by optimizers whose weight decay takes the fraction rate·decay from each weight before the
// step. For all others it is an L2 penalty: decay·weight is added to the gradient.
type Decoupled interface{ DecouplesDecay() }

// Decouples reports whether the optimizer's weight decay is decoupled.
func Decouples(o Optimizer) bool {
	_, decoupled := o.(Decoupled)
	return decoupled
}

// entry is a registered optimizer.
type entry struct {
	build      func(setting.Setting) Optimizer
	parameters []setting.Parameter
}

var registered = map[string]entry{}

// Register registers an optimizer under its name in the TOML file, of lower-case letters, with its parameters, of
// which build gets the values. It is called by init of the optimizer's file, and panics if the name is taken.
func Register(name string, build func(setting.Setting) Optimizer, parameters ...setting.Parameter) {
	if _, taken := registered[name]; taken {
		panic(fmt.Sprintf("optimizer %q is registered twice", name))
	}
	registered[name] = entry{build, parameters}
}

// Names returns the names of the registered optimizers in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(registered)) }

// Default is the optimizer of the paper.
const Default = "adam"

// Get returns the optimizer that text describes, where "" means the default, and its name, under which checkpoints
// store its state.
func Get(text string) (string, Optimizer, error) {
	s, err := parse(text)
	if err != nil {
		return "", nil, err
	}
	return s.Name, registered[s.Name].build(s), nil
}

// Canonical returns the text from which a run's identity is computed: "" for the default, parameters that have their
// defaults left out. It leaves a text that Get refuses as it is.
func Canonical(text string) string {
	s, err := parse(text)
	switch {
	case err != nil:
		return text
	case s.String() == Default:
		return ""
	}
	return s.String()
}

func parse(text string) (setting.Setting, error) {
	if text == "" {
		text = Default
	}
	s, err := setting.Parse(text)
	if err != nil {
		return s, err
	}
	e, ok := registered[s.Name]
	if !ok {
		hint := ""
		if near := nearest.Of(s.Name, Names()); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		return s, fmt.Errorf("%q: unknown, expected one of %s%s", s.Name, strings.Join(Names(), ", "), hint)
	}
	return s.With(e.parameters...)
}
