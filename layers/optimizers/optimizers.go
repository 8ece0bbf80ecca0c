// Package optimizers provides the optimizers, each in a file of its own and found by its name in the TOML file:
// optimizer = "adam".
package optimizers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Optimizer updates each weight independently, from its gradient and the state of earlier steps. Its methods must
// be functions of their arguments alone, so that a resumed run takes the same steps.
type Optimizer interface {
	// State returns the names of the state of each weight, such as a momentum, which checkpoints store under
	// "optimizer.state.parameter". It starts at 0.
	State() []string
	// Numbers returns at most eight numbers for a step, the same for all weights: the learning rate and whatever else
	// changes from step to step. Steps are counted from 1.
	Numbers(rate float64, step int) []float32
	// Update returns the new weight and changes the state in place.
	Update(numbers []float32, weight, gradient float64, state []float64) float64
}

// MaxNumbers bounds the length of Numbers.
const MaxNumbers = 8

var registered = map[string]Optimizer{}

// Register registers an optimizer under its name in the TOML file, of lower-case letters. It is called by init of the
// optimizer's file, and panics if the name is taken.
func Register(name string, o Optimizer) {
	if _, taken := registered[name]; taken {
		panic(fmt.Sprintf("optimizer %q is registered twice", name))
	}
	registered[name] = o
}

// Names returns the names of the registered optimizers in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(registered)) }

// Default is the optimizer of the paper.
const Default = "adam"

// Get returns an optimizer by its name, where "" means the default, and the name under which checkpoints store its
// state.
func Get(name string) (string, Optimizer, error) {
	if name == "" {
		name = Default
	}
	if o := registered[name]; o != nil {
		return name, o, nil
	}
	return "", nil, fmt.Errorf("%q: unknown, expected one of %s", name, strings.Join(Names(), ", "))
}
