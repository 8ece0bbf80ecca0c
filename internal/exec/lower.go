package exec

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/op"
)

// lower converts the part of the graph that the roots need into kernel calls. `bound` holds the tensors of inputs and
// results; lower adds the tensors of all other nodes to it.
func lower(dev device.Device, roots G.Nodes, bound map[*G.Node]*device.Tensor) ([]device.Call, error) {
	calls, err := unfused(dev, roots, bound)
	return fuse(split(dev, calls)), err
}

// placer decides whether a slice of channels can be accessed in place; device.Device is one.
type placer interface {
	Places(channel, channels int) bool
}

// unfused returns a call for each operator of the graph that is not a view, in an order in which they can run.
func unfused(dev placer, roots G.Nodes, bound map[*G.Node]*device.Tensor) ([]device.Call, error) {
	order, err := reachable(roots...)
	if err != nil {
		return nil, err
	}
	if err := distinctHashes(order); err != nil {
		return nil, err
	}
	l := lowering{dev: dev, tensors: bound}
	for _, n := range order {
		if err := l.placeParent(n); err != nil {
			return nil, err
		}
	}
	for _, n := range order {
		if err := l.node(n); err != nil {
			return nil, fmt.Errorf("lower %v: %w", n, err)
		}
	}
	return l.calls, nil
}

// distinctHashes refuses a graph in which two nodes have the same 32-bit hash, because Gorgonia's compiler would
// merge them.
func distinctHashes(nodes G.Nodes) error {
	seen := map[uint32]*G.Node{}
	for _, n := range nodes {
		h := n.Hashcode()
		if other := seen[h]; other != nil {
			return fmt.Errorf("nodes %v and %v have the same hash %#x; rename an input of the graph", other, n, h)
		}
		seen[h] = n
	}
	return nil
}

type lowering struct {
	dev     placer
	tensors map[*G.Node]*device.Tensor
	calls   []device.Call
}

// placeParent places a plain matrix at the address to which one of its rows is bound: the gradients of beta and gamma
// are the two rows of one result, and adjacent in the vector of all gradients.
func (l *lowering) placeParent(n *G.Node) error {
	o, _ := n.Op().(*op.Op)
	row := l.tensors[n]
	if o == nil || row == nil || o.Kind() != device.Plain {
		return nil
	}
	start, isView := o.View()
	if !isView {
		return nil
	}
	parent := o.Inputs()[0]
	if row.Parent == nil || row.Start < start {
		return fmt.Errorf("%v is bound to a place where its matrix %v does not fit", n, parent)
	}
	matrix := &device.Tensor{Name: name(parent), Shape: parent.Shape(), Parent: row.Parent, Start: row.Start - start}
	if other := l.tensors[parent]; other != nil && (other.Parent != matrix.Parent || other.Start != matrix.Start) {
		return fmt.Errorf("the rows of %v are bound to places that are not adjacent", parent)
	}
	l.tensors[parent] = matrix
	return nil
}

func (l *lowering) node(n *G.Node) error {
	o, ok := n.Op().(*op.Op)
	if !ok {
		if l.tensors[n] == nil {
			return fmt.Errorf("input %q is not bound", n.Name())
		}
		return nil
	}
	in := make([]*device.Tensor, o.Arity())
	for i, child := range o.Inputs() {
		in[i] = l.tensors[child]
	}
	out := l.tensors[n]
	switch start, isView := o.View(); {
	case o.UpdatesLast():
		out = in[len(in)-1]
	case out != nil:
		if isView && o.Kind() == device.Plain {
			return nil // the matrix is already there
		}
	case isView && (o.Kind() == device.Plain || l.dev.Places(start, n.Shape()[1])):
		l.tensors[n] = &device.Tensor{Name: name(n), Shape: n.Shape(), Kind: o.Kind(), Parent: in[0], Start: start}
		return nil
	default:
		out = &device.Tensor{Name: name(n), Shape: n.Shape(), Kind: o.Kind()}
	}
	l.tensors[n] = out
	call, err := o.Lower(in, out)
	if err != nil {
		return err
	}
	if c, ok := call.(*calls.Concat); ok && l.placeConcat(c) {
		return nil
	}
	l.calls = append(l.calls, call)
	return nil
}

// placeConcat reports whether the two halves of a concatenation can be written directly into its result, and if so
// places them there, so that nothing is copied.
func (l *lowering) placeConcat(c *calls.Concat) bool {
	first, second := c.A.Shape[1], c.B.Shape[1]
	if !inArena(c.A) || !inArena(c.B) || c.A == c.B || !l.dev.Places(0, first) || !l.dev.Places(first, second) {
		return false
	}
	c.A.Parent, c.A.Start = c.Y, 0
	c.B.Parent, c.B.Start = c.Y, first
	return true
}

// inArena reports whether a tensor has its own memory in the arena: it is not a view and not in a buffer.
func inArena(t *device.Tensor) bool { return t.Buffer == nil && t.Parent == nil }

func name(n *G.Node) string {
	if n.Op() == nil {
		return n.Name()
	}
	return fmt.Sprintf("%s#%d", n.Op(), n.ID())
}
