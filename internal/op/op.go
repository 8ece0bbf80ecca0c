// Package op provides the operators of the networks as Gorgonia operators with symbolic gradients: one function for
// each operator, from nodes to a node.
//
// An operator is described once: the shape of its result, the kernel call that computes it, and the nodes of its
// gradients. The machine in internal/exec lowers that call onto a device; under any other Gorgonia machine Do
// computes the same call on the reference device.
//
// The graph uses none of Gorgonia's own operators or constants, because its machines may overwrite or merge their
// values.
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

// Op is one application of an operator in a graph. It implements gorgonia.SDOp.
type Op struct {
	spec
	id      int   // unique in its graph, so that no two applications share a hash
	slots   []int // the slot of each present input
	inTypes []hm.Type
	outType hm.Type
	dtype   tensor.Dtype
}

// spec describes an operator. Inputs are in slots; an absent optional input leaves its slot nil.
type spec struct {
	name   string
	inputs []*G.Node
	shape  tensor.Shape // of the result
	kind   device.Kind  // of the result

	// lower returns the kernel call for tensors in the slots. It is nil for an operator that is only a view.
	lower func(in []*device.Tensor, out *device.Tensor) device.Call
	// view is set if the result is a part of input 0, beginning at channel (features) or element (plain) start.
	view  bool
	start int
	// weights is set if slot 1 holds a convolution's weights.
	weights bool
	// updatesLast is set if the call updates its last input in place; the result is then this input.
	updatesLast bool

	// differentiable reports which slots have a gradient. gradient returns these gradients, each the sum of acc (nil:
	// nothing yet) and the contribution of this application.
	differentiable []bool
	gradient       func(in []*G.Node, out, grad *G.Node, acc []*G.Node) ([]*G.Node, error)
}

// apply adds the operator to the graph of its inputs.
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
		return nil, fmt.Errorf("%s: the graph merged it with %v, which has the same hash", s.name, n)
	}
	return n, nil
}

// Arity returns the number of present inputs.
func (o *Op) Arity() int { return len(o.slots) }

// Type returns a new type each time, because Gorgonia returns it to a pool.
func (o *Op) Type() hm.Type {
	return hm.NewFnType(append(append([]hm.Type{}, o.inTypes...), o.outType)...)
}

// InferShape returns the shape that the constructor determined.
func (o *Op) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.shape.Clone(), nil }

// ReturnsPtr returns true: each result has a register of its own.
func (o *Op) ReturnsPtr() bool { return true }

// CallsExtern returns false.
func (o *Op) CallsExtern() bool { return false }

// OverwritesInput returns -1: Gorgonia's machines must not reuse an input's register.
func (o *Op) OverwritesInput() int { return -1 }

// WriteHash writes the name and an id that is unique in the graph.
func (o *Op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s#%d", o.name, o.id) }

// Hashcode returns the FNV-1a hash of WriteHash.
func (o *Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String returns the operator's name.
func (o *Op) String() string { return o.name }

// DiffWRT reports for each present input whether it has a gradient.
func (o *Op) DiffWRT(inputs int) []bool {
	out := make([]bool, inputs)
	for i := range out {
		slot := o.slots[i]
		out[i] = slot < len(o.differentiable) && o.differentiable[slot]
	}
	return out
}

// SymDiff returns the gradients of one application, for gorgonia.Grad; nil for inputs without one.
func (o *Op) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	return o.SymDiffAcc(in, out, grad, make(G.Nodes, len(in)))
}

// SymDiffAcc is SymDiff with gradients that add to what the other uses of each input have contributed so far (nil:
// nothing). The addition happens inside the kernels; a node in acc stays valid.
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

// expand moves the nodes of the present inputs into their slots.
func (o *Op) expand(nodes G.Nodes) []*G.Node {
	slots := make([]*G.Node, len(o.inputs))
	for i, n := range nodes {
		slots[o.slots[i]] = n
	}
	return slots
}

// Kind returns the result's kind.
func (o *Op) Kind() device.Kind { return o.kind }

// View reports whether the result is a part of input 0, and the channel (features) or element (plain) at which it
// begins.
func (o *Op) View() (start int, ok bool) { return o.start, o.view }

// UpdatesLast reports whether the operator updates its last input in place; the result is then this input.
func (o *Op) UpdatesLast() bool { return o.updatesLast }

// Lower returns the kernel call that computes the result from the present inputs. A view of plain memory has none.
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

// Inputs returns the nodes of the present inputs.
func (o *Op) Inputs() G.Nodes {
	nodes := make(G.Nodes, len(o.slots))
	for i, slot := range o.slots {
		nodes[i] = o.inputs[slot]
	}
	return nodes
}

// Weight reports whether input i is a convolution's weight, the only four-dimensional input that is not a feature
// map.
func (o *Op) Weight(i int) bool { return o.weights && o.slots[i] == 1 }
