// Package losses provides the training losses, each in a file of its own and found by its name in the TOML file:
// loss = "bce", or with parameters and in a weighted sum, loss = "0.5*bce(pos-weight=batch) + dice(per=image)".
package losses

import (
	"fmt"
	"maps"
	"slices"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// A Loss adds a scalar loss of logits against a target in {0, 1}, both [N, 1, H, W], to the builder's graph. Pixels
// whose target is −1 are ignored: they have no loss and no gradient, and means are over the others.
type Loss func(b *layers.Builder, logits, target *G.Node) *G.Node

// entry is a registered loss.
type entry struct {
	parameters []setting.Parameter
	build      func(s setting.Setting) Loss
	// fused, if it is not nil, returns the loss's weights in the kernel that computes cross-entropy and Dice in one
	// pass, and whether these parameters are that kernel's.
	fused func(s setting.Setting) (layers.LossWeights, bool)
}

var registered = map[string]entry{}

// Register registers a loss without parameters under its name in the TOML file, which consists of lower-case letters,
// digits and hyphens. It is called by init of the loss's file, and panics if the name is taken.
func Register(name string, loss Loss) {
	register(name, entry{build: func(setting.Setting) Loss { return loss }})
}

func register(name string, e entry) {
	if _, taken := registered[name]; taken {
		panic(fmt.Sprintf("loss %q is registered twice", name))
	}
	if s, err := setting.Parse(name); err != nil || s.Name != name {
		panic(fmt.Sprintf("loss %q: a name consists of lower-case letters, digits and hyphens", name))
	}
	registered[name] = e
}

// Names returns the names of the registered losses in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(registered)) }

// Parameters returns the parameters of a registered loss.
func Parameters(name string) []setting.Parameter { return registered[name].parameters }
