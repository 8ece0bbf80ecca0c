package arch

import (
	"fmt"
	"maps"
	"slices"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

// A Block is a convolutional unit of an encoder or decoder level (Fig. 4).
type Block interface {
	// Build adds the block to the graph: x [N, C, H, W] to [N, out, H, W]. The names of its parameters begin with
	// name.
	Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node
}

// A Skip is the connection from an encoder level to the decoder level of the same size.
type Skip interface {
	// Join returns the input of the decoder's block: skip is the encoder's map, up the decoder's, both [N, C, H, W].
	// The names of its parameters begin with name.
	Join(b *layers.Builder, name string, skip, up *G.Node) *G.Node
}

// A Style builds a network from blocks and skips.
type Style interface {
	// Build adds the network to the graph: an image [N, C, H, W] to logits [N, 1, H, W].
	Build(b *layers.Builder, c Config, block Block, skip Skip, image *G.Node) *G.Node
}

// registry maps names in the TOML file to parts of networks.
type registry[T any] struct {
	what    string
	entries map[string]func(Config) T
}

func newRegistry[T any](what string) *registry[T] {
	return &registry[T]{what, map[string]func(Config) T{}}
}

func (r *registry[T]) register(name string, build func(Config) T) {
	if _, taken := r.entries[name]; taken {
		panic(fmt.Sprintf("%s %q is registered twice", r.what, name))
	}
	r.entries[name] = build
}

func (r *registry[T]) names() []string { return slices.Sorted(maps.Keys(r.entries)) }

// check returns an error for an unregistered name; the error begins with the key.
func (r *registry[T]) check(name string) error {
	if r.entries[name] == nil {
		return unknown(r.what, name, r.names())
	}
	return nil
}

var (
	blocks   = newRegistry[Block]("block")
	skips    = newRegistry[Skip]("skip")
	styles   = newRegistry[Style]("style")
	unrolled = map[string]bool{} // blocks that use t and weights
)

// Register registers a block variant under its name in the TOML file; usesT is set if it uses t and weights. It is
// called by init of the block's file, and panics if the name is taken.
func Register(name string, usesT bool, build func(Config) Block) {
	blocks.register(name, build)
	unrolled[name] = usesT
}

// RegisterSkip registers a skip under its name in the TOML file, as Register does for a block.
func RegisterSkip(name string, build func(Config) Skip) { skips.register(name, build) }

// RegisterStyle registers a style under its name in the TOML file, as Register does for a block.
func RegisterStyle(name string, build func(Config) Style) { styles.register(name, build) }

// Blocks returns the names of the registered blocks in alphabetical order.
func Blocks() []string { return blocks.names() }

// Skips returns the names of the registered skips in alphabetical order.
func Skips() []string { return skips.names() }

// Styles returns the names of the registered styles in alphabetical order.
func Styles() []string { return styles.names() }
