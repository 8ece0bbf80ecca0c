// Package op has the operators that the networks are made of, as Gorgonia operators with symbolic gradients: one function
// an operator, from nodes to a node.
//
// An operator is described once: how its result looks, what kernel call computes it, and which nodes its gradients are.
// The machine in internal/exec lowers that call onto a device; under any other Gorgonia machine Do computes the same
// call on the reference device.
//
// The graph uses none of Gorgonia's own operators or constants: its machines may overwrite or merge their values.
package op

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/device"
)

// Op is an operator of this package at one place of one graph. It implements gorgonia.SDOp.
type Op struct {
	spec
	id      int   // unique in its graph, so that no two applications share a hash
	slots   []int // the slot of each input that is there
	inTypes []hm.Type
	outType hm.Type
	dtype   tensor.Dtype
}

// spec describes an operator. Inputs are in slots; an optional input that is absent leaves its slot nil.
type spec struct {
	name   string
	inputs []*G.Node
	shape  tensor.Shape // of the result
	kind   device.Kind  // of the result

	// lower gives the kernel call for tensors in the slots. It is nil for an operator that is only a view.
	lower func(in []*device.Tensor, out *device.Tensor) device.Call
	// view says that the result is a part of input 0, beginning at channel (features) or element (plain) start.
	view  bool
	start int
	// weights says that slot 1 holds a convolution's weights.
	weights bool
	// updatesLast says that the call updates its last input in place, and that the result is this input.
	updatesLast bool

	// differentiable tells the slots that have a gradient. gradient gives them, each as the sum of acc (nil: nothing yet)
	// and this application's share.
	differentiable []bool
	gradient       func(in []*G.Node, out, grad *G.Node, acc []*G.Node) ([]*G.Node, error)
}

// apply puts the operator into the graph of its inputs.
func apply(s spec) (*G.Node, error) {
	o := &Op{spec: s}
	present := make(G.Nodes, 0, len(s.inputs))
	for slot, n := range s.inputs {
		if n == nil {
			continue
		}
		o.slots = append(o.slots, slot)
		o.inTypes = append(o.inTypes, n.Type())
		present = append(present, n)
	}
	if len(present) == 0 {
		return nil, fmt.Errorf("%s: no inputs", s.name)
	}
	g := present[0].Graph()
	o.id = len(g.AllNodes())
	o.dtype = present[0].Dtype()
	o.outType = o.dtype
	if s.shape.Dims() > 0 {
		o.outType = G.TensorType{Dims: s.shape.Dims(), Of: o.dtype}
	}
	n, err := G.ApplyOp(o, present...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	if n.Op() != G.Op(o) {
		return nil, fmt.Errorf("%s: the graph merged it with %v, whose hash is the same", s.name, n)
	}
	return n, nil
}

// Arity is the number of inputs that are there.
func (o *Op) Arity() int { return len(o.slots) }

// Type is built anew each time, because Gorgonia gives it back to a pool.
func (o *Op) Type() hm.Type {
	return hm.NewFnType(append(append([]hm.Type{}, o.inTypes...), o.outType)...)
}

// InferShape is the shape that the constructor has found.
func (o *Op) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.shape.Clone(), nil }

// ReturnsPtr is true: each result has a register of its own.
func (o *Op) ReturnsPtr() bool { return true }

// CallsExtern is false.
func (o *Op) CallsExtern() bool { return false }

// OverwritesInput is -1: Gorgonia's machines must not reuse an input's register.
func (o *Op) OverwritesInput() int { return -1 }

// WriteHash writes name and place, unique in a graph.
func (o *Op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s#%d", o.name, o.id) }

// Hashcode is the FNV-1a hash of WriteHash.
func (o *Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String is the operator's name.
func (o *Op) String() string { return o.name }

// DiffWRT tells for each input that is there whether it has a gradient.
func (o *Op) DiffWRT(inputs int) []bool {
	out := make([]bool, inputs)
	for i := range out {
		slot := o.slots[i]
		out[i] = slot < len(o.differentiable) && o.differentiable[slot]
	}
	return out
}

// SymDiff gives the gradients of one application, for gorgonia.Grad; nil for inputs without one.
func (o *Op) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	return o.SymDiffAcc(in, out, grad, make(G.Nodes, len(in)))
}

// SymDiffAcc is SymDiff with gradients that add to what the other uses of each input have given so far (nil: nothing). The
// sum is made inside the kernels; a node in acc stays valid.
func (o *Op) SymDiffAcc(in G.Nodes, out, grad *G.Node, acc G.Nodes) (G.Nodes, error) {
	if o.gradient == nil {
		return nil, fmt.Errorf("%s has no gradient", o.name)
	}
	given, err := o.gradient(o.expand(in), out, grad, o.expand(acc))
	if err != nil {
		return nil, fmt.Errorf("gradient of %s: %w", o.name, err)
	}
	result := make(G.Nodes, len(in))
	for i, slot := range o.slots {
		if slot < len(given) {
			result[i] = given[slot]
		}
	}
	return result, nil
}

// expand puts the nodes of the inputs that are there into their slots.
func (o *Op) expand(nodes G.Nodes) []*G.Node {
	slots := make([]*G.Node, len(o.inputs))
	for i, n := range nodes {
		slots[o.slots[i]] = n
	}
	return slots
}

// Kind is the result's kind.
func (o *Op) Kind() device.Kind { return o.kind }

// View tells whether the result is a part of input 0, and the channel (features) or element (plain) where it begins.
func (o *Op) View() (start int, ok bool) { return o.start, o.view }

// UpdatesLast tells whether the operator updates its last input in place; the result then is this input.
func (o *Op) UpdatesLast() bool { return o.updatesLast }

// Lower gives the kernel call that computes the result from the inputs that are there. A view of plain memory has none.
func (o *Op) Lower(in []*device.Tensor, out *device.Tensor) (device.Call, error) {
	if o.lower == nil {
		return nil, errors.New(o.name + " is a view and has no kernel")
	}
	slots := make([]*device.Tensor, len(o.inputs))
	for i, t := range in {
		slots[o.slots[i]] = t
	}
	return o.lower(slots, out), nil
}

// Inputs are the nodes of the inputs that are there.
func (o *Op) Inputs() G.Nodes {
	nodes := make(G.Nodes, len(o.slots))
	for i, slot := range o.slots {
		nodes[i] = o.inputs[slot]
	}
	return nodes
}

// Weight tells whether input i is a convolution's weight, the one input with four dimensions that is no feature map.
func (o *Op) Weight(i int) bool { return o.weights && o.slots[i] == 1 }
