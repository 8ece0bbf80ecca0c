package arch

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"

	"r2unet/layers"
)

// A Block is a convolutional unit of an encoder or decoder level (Fig. 4).
type Block interface {
	// Build puts the block into the graph: x [N, C, H, W] to [N, out, H, W]. Its parameters have names that begin with name.
	Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node
}

// A Skip is the way from an encoder level to the decoder level of the same size.
type Skip interface {
	// Join gives what the decoder's block works on: skip is the encoder's map, up the decoder's, both [N, C, H, W]. Parameters have names
	// that begin with name.
	Join(b *layers.Builder, name string, skip, up *G.Node) *G.Node
}

// A Style is how a network is put together from blocks and skips.
type Style interface {
	// Build puts the network into the graph: an image [N, C, H, W] to logits [N, 1, H, W].
	Build(b *layers.Builder, c Config, block Block, skip Skip, image *G.Node) *G.Node
}

// registry finds what is made for a network by its name in the TOML file.
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

// check reports a name that nothing is registered under; the error begins with the key.
func (r *registry[T]) check(name string) error {
	if r.entries[name] == nil {
		return fmt.Errorf("%s = %q: unknown, expected one of %s", r.what, name, strings.Join(r.names(), ", "))
	}
	return nil
}

var (
	blocks   = newRegistry[Block]("block")
	skips    = newRegistry[Skip]("skip")
	styles   = newRegistry[Style]("style")
	unrolled = map[string]bool{} // blocks that use t and weights
)

// Register gives a block variant its name in the TOML file; usesT says that it uses t and weights. It is called by init of the file that
// has the block, and panics where the name is taken.
func Register(name string, usesT bool, build func(Config) Block) {
	blocks.register(name, build)
	unrolled[name] = usesT
}

// RegisterSkip gives a skip its name in the TOML file, as Register does for a block.
func RegisterSkip(name string, build func(Config) Skip) { skips.register(name, build) }

// RegisterStyle gives a style its name in the TOML file, as Register does for a block.
func RegisterStyle(name string, build func(Config) Style) { styles.register(name, build) }

// Blocks lists the registered blocks in alphabetical order.
func Blocks() []string { return blocks.names() }

// Skips lists the registered skips in alphabetical order.
func Skips() []string { return skips.names() }

// Styles lists the registered styles in alphabetical order.
func Styles() []string { return styles.names() }
