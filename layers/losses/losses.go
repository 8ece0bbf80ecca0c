// Package losses provides the training losses, each in a file of its own and found by its name in the TOML file:
// loss = "bce", or a weighted sum such as loss = "0.5*bce + dice".
package losses

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// A Loss adds a scalar loss of logits against a target in {0, 1}, both [N, 1, H, W], to the builder's graph.
type Loss func(b *layers.Builder, logits, target *G.Node) *G.Node

// entry is a registered loss. A loss with weights is computed by the kernel that computes cross-entropy and Dice in
// one pass.
type entry struct {
	build   Loss
	weights layers.LossWeights
}

var registered = map[string]entry{}

// Register registers a loss under its name in the TOML file. It is called by init of the loss's file, and panics if
// the name is taken.
func Register(name string, loss Loss) { register(name, entry{build: loss}) }

func register(name string, e entry) {
	if _, taken := registered[name]; taken {
		panic(fmt.Sprintf("loss %q is registered twice", name))
	}
	registered[name] = e
}

// Names returns the names of the registered losses in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(registered)) }

// A Term is a loss with its factor.
type Term struct {
	Factor float64
	Name   string
}

// Sum is a weighted sum of losses.
type Sum []Term

// Parse parses a sum of losses: names separated by "+", each preceded by a positive factor and "*" unless the factor
// is 1.
func Parse(text string) (Sum, error) {
	var sum Sum
	for _, part := range setting.Split(text, '+') {
		t := Term{Factor: 1, Name: strings.TrimSpace(part)}
		if factor, name, ok := strings.Cut(part, "*"); ok {
			var err error
			if t.Factor, err = strconv.ParseFloat(strings.TrimSpace(factor), 64); err != nil ||
				!(t.Factor > 0 && t.Factor <= 1e6) {
				return nil, fmt.Errorf("%q: the factor %q is no number above 0 and at most 1e6", text,
					strings.TrimSpace(factor))
			}
			t.Name = strings.TrimSpace(name)
		}
		if _, ok := registered[t.Name]; !ok {
			return nil, fmt.Errorf("%q: %q is no loss; there are %s, and sums such as \"0.5*bce + dice\"",
				text, t.Name, strings.Join(Names(), ", "))
		}
		if slices.ContainsFunc(sum, func(other Term) bool { return other.Name == t.Name }) {
			return nil, fmt.Errorf("%q: %s occurs twice", text, t.Name)
		}
		sum = append(sum, t)
	}
	return sum, nil
}

// String returns the sum in the form that Parse reads, without spaces.
func (s Sum) String() string {
	var parts []string
	for _, t := range s {
		part := t.Name
		if t.Factor != 1 {
			part = strconv.FormatFloat(t.Factor, 'g', -1, 64) + "*" + part
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "+")
}

// Build adds the sum to the builder's graph. Losses that the fused kernel computes become one call of it.
func (s Sum) Build(b *layers.Builder, logits, target *G.Node) *G.Node {
	var fused layers.LossWeights
	var terms []*G.Node
	var factors []float64
	for _, t := range s {
		e, ok := registered[t.Name]
		switch {
		case !ok:
			b.Fail(fmt.Errorf("%q is no loss", t.Name))
			return nil
		case e.build == nil:
			fused.BCE += t.Factor * e.weights.BCE
			fused.Dice += t.Factor * e.weights.Dice
		default:
			terms, factors = append(terms, e.build(b, logits, target)), append(factors, t.Factor)
		}
	}
	if fused != (layers.LossWeights{}) {
		terms, factors = append(terms, b.Loss(logits, target, fused)), append(factors, 1)
	}
	if len(terms) == 1 && factors[0] == 1 {
		return terms[0]
	}
	return b.WeightedSum(terms, factors)
}
