// Package optimizers provides the optimizers, each in a file of its own and found by its name in the TOML file, with
// parameters if it has any: optimizer = "sgd(momentum=0.99)".
package optimizers

import (
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

// Default is the optimizer of the paper.
const Default = "adam"

var registered = setting.NewRegistry[Optimizer]("optimizer", Default)

// Register registers an optimizer under its name in the TOML file, of lower-case letters, with its parameters, of
// which build gets the values. It is called by init of the optimizer's file, and panics if the name is taken.
func Register(name string, build func(setting.Setting) Optimizer, parameters ...setting.Parameter) {
	registered.Register(name, build, parameters...)
}

// Names returns the names of the registered optimizers in alphabetical order.
func Names() []string { return registered.Names() }

// Parameters returns the parameters of a registered optimizer.
func Parameters(name string) []setting.Parameter { return registered.Parameters(name) }

// Get returns the optimizer that text describes, where "" means the default, and its name, under which checkpoints
// store its state.
func Get(text string) (string, Optimizer, error) {
	optimizer, s, err := registered.Get(text)
	if err != nil {
		return "", nil, err
	}
	return s.Name, optimizer, nil
}

// Canonical returns the text from which a run's identity is computed, as setting.Registry does.
func Canonical(text string) string { return registered.Canonical(text) }
