// Package optimizers has the optimizers, each in a file of its own and found by its name in the TOML file: optimizer = "adam".
package optimizers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Optimizer updates each weight by itself, from its gradient and what the optimizer keeps of earlier steps. Both must be functions of their
// arguments alone, so that a resumed run takes the same steps.
type Optimizer interface {
	// State names what is kept of each weight, such as a momentum; checkpoints have it under "optimizer.state.parameter". It begins as 0.
	State() []string
	// Numbers are at most eight numbers of a step, the same for all weights: the learning rate and what else changes from step to step. Steps are
	// counted from 1.
	Numbers(rate float64, step int) []float32
	// Update returns the new weight and changes the state in place.
	Update(numbers []float32, weight, gradient float64, state []float64) float64
}

// MaxNumbers bounds the numbers of a step.
const MaxNumbers = 8

var registered = map[string]Optimizer{}

// Register gives an optimizer its name in the TOML file, of lower-case letters. It is called by init of the file that has the optimizer, and
// panics where the name is taken.
func Register(name string, o Optimizer) {
	if _, taken := registered[name]; taken {
		panic(fmt.Sprintf("optimizer %q is registered twice", name))
	}
	registered[name] = o
}

// Names lists the registered optimizers in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(registered)) }

// Default is the paper's.
const Default = "adam"

// Get finds an optimizer by its name; "" is the default. It returns the name as checkpoints have it.
func Get(name string) (string, Optimizer, error) {
	if name == "" {
		name = Default
	}
	if o := registered[name]; o != nil {
		return name, o, nil
	}
	return "", nil, fmt.Errorf("%q: unknown, expected one of %s", name, strings.Join(Names(), ", "))
}
