package losses

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"r2unet/layers"
)

// Default returns the loss of a network with so many logits for each pixel: binary cross-entropy of one, cross-entropy
// of several.
func Default(logits int) Sum {
	if logits > 1 {
		return Sum{{Factor: 1, Name: "cross-entropy"}}
	}
	return Sum{{Factor: 1, Name: "bce"}}
}

// Check returns an error if a loss of the sum is not one of so many classes, background included, and names those that
// are.
func (s Sum) Check(classes int) error {
	err := s.buildsFor(classes)
	if err == nil || classes < 3 {
		return err
	}
	names := slices.DeleteFunc(Names(), func(name string) bool {
		return Sum{{Factor: 1, Name: name}}.buildsFor(classes) != nil
	})
	return fmt.Errorf("%q: %w; there are %s", s, err, strings.Join(names, ", "))
}

// buildsFor returns the error of adding the sum to a small graph.
func (s Sum) buildsFor(classes int) error {
	b := layers.NewBuilder(&layers.Params{}, true, tensor.Float32)
	s.Build(b, b.Input("logits", 1, layers.Outputs(classes), 2, 2), b.Input("target", 1, 1, 2, 2))
	return b.Err()
}
