package arch

import (
	"fmt"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/layers"
)

// wrong is a block that breaks its promise.
type wrong func(b *layers.Builder, x *G.Node, out int) *G.Node

func (w wrong) Build(b *layers.Builder, _ string, x *G.Node, out int) *G.Node { return w(b, x, out) }

// TestBlockOfAnotherShapeIsRefused: where, which block, and what it returns.
func TestBlockOfAnotherShapeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		block wrong
		want  string
	}{
		"test-identity": {func(_ *layers.Builder, x *G.Node, _ int) *G.Node { return x }, "of shape (1, 3, 2, 2), expected (1, 4, 2, 2)"},
		"test-halving":  {func(b *layers.Builder, x *G.Node, _ int) *G.Node { return b.MaxPool(x) }, "of shape (1, 3, 1, 1), expected"},
		"test-nothing":  {func(*layers.Builder, *G.Node, int) *G.Node { return nil }, "returns no node"},
	} {
		b := layers.NewBuilder(&layers.Params{}, true, tensor.Float32)
		checked{c.block, name}.Build(b, "encoder.0", b.Input("image", 1, 3, 2, 2), 4)
		err, want := b.Err(), fmt.Sprintf("encoder.0: block %q returns", name)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
