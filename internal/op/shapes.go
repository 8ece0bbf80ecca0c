package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// features checks that a node is a feature map [N, C, H, W].
func features(name string, n *G.Node) error {
	if n.Dims() != 4 {
		return fmt.Errorf("%s: shape %v, expected [N, C, H, W]", name, n.Shape())
	}
	return nil
}

// shaped checks the shape of a node that may be nil.
func shaped(name string, n *G.Node, want ...int) error {
	if n != nil && !n.Shape().Eq(tensor.Shape(want)) {
		return fmt.Errorf("%s: shape %v, expected %v", name, n.Shape(), want)
	}
	return nil
}

// firstError returns the first error of several checks, or nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// resized returns the shape of x with other channels, height and width.
func resized(x *G.Node, channels, height, width int) tensor.Shape {
	return tensor.Shape{x.Shape()[0], channels, height, width}
}
