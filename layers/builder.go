package layers

import (
	"fmt"
	"hash/fnv"
	"strings"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/op"
)

// Builder adds layers to one graph. It remembers the first error: later calls do nothing and return nil, so that a
// network can be written without a check after each line. Err returns the error.
type Builder struct {
	graph    *G.ExprGraph
	params   *Params
	training bool
	frozen   string // prefix of the names of layers that do not train; "" = none
	outputs  int    // logits of a pixel; 0 means 1
	function Function
	before   bool // whether the function comes before the norm
	taught   []Supervised
	dtype    tensor.Dtype
	nodes    map[string]*G.Node
	seed     uint64
	step     *G.Node
	err      error
}

// NewBuilder starts a graph whose parameters are in params. A training graph normalizes with the statistics of its
// batch and updates the running ones; any other graph uses the running ones.
func NewBuilder(params *Params, training bool, dtype tensor.Dtype) *Builder {
	return &Builder{graph: G.NewGraph(), params: params, training: training, dtype: dtype, nodes: map[string]*G.Node{}}
}

// Freeze makes the layers whose names begin with a prefix work as outside of training: they normalize with running
// statistics, which they leave as they are, and drop nothing out.
func (b *Builder) Freeze(prefix string) { b.frozen = prefix }

// trains reports whether a layer trains in this graph.
func (b *Builder) trains(name string) bool {
	return b.training && (b.frozen == "" || !strings.HasPrefix(name, b.frozen))
}

// Graph returns the graph being built.
func (b *Builder) Graph() *G.ExprGraph { return b.graph }

// Err returns the first error.
func (b *Builder) Err() error { return b.err }

// Fail records an error, unless there is one already.
func (b *Builder) Fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// Parameters returns the graph's node for each parameter that it uses, by name.
func (b *Builder) Parameters() map[string]*G.Node { return b.nodes }

// Input adds an image or a target [N, C, H, W].
func (b *Builder) Input(name string, shape ...int) *G.Node {
	return G.NewTensor(b.graph, b.dtype, len(shape), G.WithShape(shape...), G.WithName(name))
}

// Parameter returns the node of a trainable parameter. Its name ends in ".weight" or ".bias"; the same name returns
// the same node.
func (b *Builder) Parameter(name string, init Initializer, shape ...int) *G.Node {
	return b.node(name, shape, false, init)
}

func (b *Builder) node(name string, shape []int, running bool, init Initializer) *G.Node {
	if b.err != nil {
		return nil
	}
	if n := b.nodes[name]; n != nil {
		return n
	}
	if _, err := b.params.declare(name, shape, running, init); err != nil {
		b.Fail(err)
		return nil
	}
	b.nodes[name] = b.Input(name, shape...)
	return b.nodes[name]
}

// do adds a node unless there has been an error. Errors name the layer, if it has a name.
func (b *Builder) do(layer string, build func() (*G.Node, error)) *G.Node {
	if b.err != nil {
		return nil
	}
	n, err := build()
	if err != nil {
		if layer != "" {
			err = fmt.Errorf("%s: %w", layer, err)
		}
		b.Fail(err)
	}
	return n
}

// Seed sets the seed of everything that a training graph draws at random, such as dropout masks.
func (b *Builder) Seed(seed uint64) { b.seed = seed }

// Step returns the input [1] for the number of optimizer steps before this one if the graph draws something at
// random, else nil.
func (b *Builder) Step() *G.Node { return b.step }

// MaxPool is the 2×2 maximum with stride 2.
func (b *Builder) MaxPool(x *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.MaxPool(x) })
}

// Concat is [a, b] along channels.
func (b *Builder) Concat(first, second *G.Node) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Concat(first, second) })
}

// Channels returns the number of channels of x, 0 after an error.
func (b *Builder) Channels(x *G.Node) int {
	if b.err != nil {
		return 0
	}
	return x.Shape()[1]
}

// hash is FNV-1a, for seeding random streams by name.
func hash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
