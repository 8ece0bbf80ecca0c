package losses

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/nearest"
	"r2unet/internal/setting"
	"r2unet/layers"
)

// A Term is a loss with its factor.
type Term struct {
	Factor float64
	Name   string

	parameters setting.Setting
}

// loss returns the entry of the term's loss and the values of its parameters.
func (t Term) loss() (entry, setting.Setting, error) {
	e, ok := registered[t.Name]
	if !ok {
		hint := ""
		if near := nearest.Of(t.Name, Names()); near != "" {
			hint = fmt.Sprintf(" (did you mean %s?)", near)
		}
		return entry{}, setting.Setting{}, fmt.Errorf("%q is no loss%s; there are %s, and sums such as \"0.5*bce + "+
			"dice\"", t.Name, hint, strings.Join(Names(), ", "))
	}
	s := t.parameters
	s.Name = t.Name
	s, err := s.With(e.parameters...)
	return e, s, err
}

// String returns the term in the form that Parse reads, without spaces.
func (t Term) String() string {
	s := t.parameters
	s.Name = t.Name
	if t.Factor == 1 {
		return s.String()
	}
	return strconv.FormatFloat(t.Factor, 'g', -1, 64) + "*" + s.String()
}

// Sum is a weighted sum of losses.
type Sum []Term

// Parse parses a sum of losses: terms separated by "+", each preceded by a positive factor and "*" unless the factor is
// 1. A loss is a name, or a name with parameters.
func Parse(text string) (Sum, error) {
	var sum Sum
	var seen []string
	for _, part := range setting.Split(text, '+') {
		t, err := parseTerm(part)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		if slices.Contains(seen, t.parameters.String()) {
			return nil, fmt.Errorf("%q: %s occurs twice", text, t.parameters)
		}
		sum, seen = append(sum, t), append(seen, t.parameters.String())
	}
	return sum, nil
}

func parseTerm(text string) (Term, error) {
	t := Term{Factor: 1}
	if factor, loss, ok := strings.Cut(text, "*"); ok {
		factor = strings.TrimSpace(factor)
		var err error
		if t.Factor, err = strconv.ParseFloat(factor, 64); err != nil || !(t.Factor > 0 && t.Factor <= 1e6) {
			return Term{}, fmt.Errorf("the factor %q is no number above 0 and at most 1e6", factor)
		}
		text = loss
	}
	s, err := setting.Parse(text)
	if err != nil && strings.Contains(text, "(") {
		return Term{}, err
	}
	t.Name, t.parameters = s.Name, s
	if err != nil {
		t.Name = strings.TrimSpace(text)
	}
	_, t.parameters, err = t.loss()
	return t, err
}

// String returns the sum in the form that Parse reads, without spaces.
func (s Sum) String() string {
	var parts []string
	for _, t := range s {
		parts = append(parts, t.String())
	}
	return strings.Join(parts, "+")
}

// Build adds the sum to the builder's graph. Losses that the fused kernel computes become one call of it.
func (s Sum) Build(b *layers.Builder, logits, target *G.Node) *G.Node {
	if b.Err() != nil {
		return nil
	}
	var fused layers.LossWeights
	var terms []*G.Node
	var factors []float64
	for _, t := range s {
		e, parameters, err := t.loss()
		if err != nil {
			b.Fail(err)
			return nil
		}
		if weights, ok := e.fusedWeights(parameters); ok && logits.Shape()[1] == 1 {
			fused.BCE += t.Factor * weights.BCE
			fused.Dice += t.Factor * weights.Dice
			continue
		}
		term := e.build(parameters)(b, logits, target)
		switch {
		case b.Err() != nil:
			return nil
		case term == nil:
			b.Fail(fmt.Errorf("loss %q returns no node", t.Name))
			return nil
		case term.Shape().TotalSize() != 1:
			b.Fail(fmt.Errorf("loss %q returns a map of shape %v, expected one number", t.Name, term.Shape()))
			return nil
		}
		terms, factors = append(terms, term), append(factors, t.Factor)
	}
	if fused != (layers.LossWeights{}) {
		terms, factors = append(terms, b.Loss(logits, target, fused)), append(factors, 1)
	}
	if len(terms) == 1 && factors[0] == 1 {
		return terms[0]
	}
	return b.WeightedSum(terms, factors)
}

func (e entry) fusedWeights(s setting.Setting) (layers.LossWeights, bool) {
	if e.fused == nil {
		return layers.LossWeights{}, false
	}
	return e.fused(s)
}
