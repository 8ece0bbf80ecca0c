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

// joins is a skip that breaks its promise.
type joins func(b *layers.Builder, skip, up *G.Node) *G.Node

func (j joins) Join(b *layers.Builder, _ string, skip, up *G.Node) *G.Node { return j(b, skip, up) }

// TestSkipOfAnotherSizeIsRefused, whatever the number of its channels is.
func TestSkipOfAnotherSizeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		skip joins
		want string
	}{
		"test-pooling": {
			func(b *layers.Builder, skip, _ *G.Node) *G.Node { return b.MaxPool(skip) },
			`skip.0: skip "test-pooling" returns a map of shape (1, 3, 1, 1), expected (1, 3, 2, 2)`,
		},
		"test-nothing": {
			func(*layers.Builder, *G.Node, *G.Node) *G.Node { return nil },
			`skip.0: skip "test-nothing" returns no node`,
		},
		"test-one-side": {func(_ *layers.Builder, _, up *G.Node) *G.Node { return up }, ""},
	} {
		b := layers.NewBuilder(&layers.Params{}, true, tensor.Float32)
		j := &joining{Skip: c.skip, name: name}
		j.Join(b, "skip.0", b.Input("skip", 1, 3, 2, 2), b.Input("up", 1, 5, 2, 2))
		if err := b.Err(); c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStyleOfAnotherSizeIsRefused, which would be compared with targets of the image's size.
func TestStyleOfAnotherSizeIsRefused(t *testing.T) {
	styles.register("test-features", func(Config) Style { return features{} })
	defer delete(styles.entries, "test-features")
	c := Config{Name: "features", Block: "forward", Style: "test-features", Channels: []int{4, 8}}
	const want = `style "test-features" returns a map of shape (1, 4, 2, 2), expected (1, 1, 2, 2)`
	if err := c.WithDefaults().Check(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, expected %s", err, want)
	}
}

// features is a style without a head.
type features struct{}

func (features) Build(b *layers.Builder, c Config, block Block, _ Skip, image *G.Node) *G.Node {
	return block.Build(b, "block", image, c.Channels[0])
}
