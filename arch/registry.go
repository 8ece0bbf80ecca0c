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
	// Build puts the block into the graph: x [N, C, H, W] to [N, out, H, W]. Its parameters have names that begin with name.
	Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node
}

type entry struct {
	recurrent bool
	make      func(Config) Block
}

var blocks = map[string]entry{}

// Register gives a block variant its name in the TOML file; recurrent says that it uses t and weights. It is called by init of
// the file that has the block.
func Register(name string, recurrent bool, make func(Config) Block) {
	if _, taken := blocks[name]; taken {
		panic(fmt.Sprintf("block %q is registered twice", name))
	}
	blocks[name] = entry{recurrent, make}
}

// Blocks lists the registered names in alphabetical order.
func Blocks() []string { return slices.Sorted(maps.Keys(blocks)) }
