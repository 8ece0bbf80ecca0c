package exec

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/op"
)

// Differentiate adds to the graph the gradients of a scalar with respect to some of its input nodes, and returns them
// in the order of wrt. It differs from gorgonia.Grad in one respect: if a value is used several times, each use adds
// to the gradient inside its kernel, so that the t+1 uses of a recurrent weight need no separate additions.
func Differentiate(loss *G.Node, wrt G.Nodes) (G.Nodes, error) {
	order, err := reachable(loss) // in order of creation: a node's inputs come before it
	if err != nil {
		return nil, err
	}
	active := dependents(order, wrt)
	grads := map[*G.Node]*G.Node{}
	for _, n := range slices.Backward(order) {
		o, isOp := n.Op().(*op.Op)
		grad := grads[n]
		if !isOp || !active[n] || grad == nil && n != loss {
			continue
		}
		inputs, differentiable := o.Inputs(), o.DiffWRT(o.Arity())
		acc := make(G.Nodes, len(inputs))
		seen := map[*G.Node]bool{}
		for i, in := range inputs {
			if !differentiable[i] || !active[in] {
				continue
			}
			if seen[in] {
				return nil, fmt.Errorf("differentiate %v: the same value at two of its inputs", n)
			}
			seen[in] = true
			acc[i] = grads[in]
		}
		given, err := o.SymDiffAcc(inputs, n, grad, acc)
		if err != nil {
			return nil, err
		}
		for i, in := range inputs {
			if seen[in] && differentiable[i] {
				grads[in] = given[i]
			}
		}
	}
	out := make(G.Nodes, len(wrt))
	for i, n := range wrt {
		if out[i] = grads[n]; out[i] == nil {
			return nil, fmt.Errorf("differentiate: the loss does not depend on %s: use it, or leave it out", n.Name())
		}
	}
	return out, nil
}

// dependents returns the nodes that depend on one of wrt through differentiable inputs.
func dependents(order, wrt G.Nodes) map[*G.Node]bool {
	active := map[*G.Node]bool{}
	for _, n := range wrt {
		active[n] = true
	}
	for _, n := range order {
		o, ok := n.Op().(*op.Op)
		if !ok {
			continue
		}
		for i, d := range o.DiffWRT(o.Arity()) {
			if d && active[o.Inputs()[i]] {
				active[n] = true
			}
		}
	}
	return active
}

// reachable returns the roots and the nodes from which they are computed, in the order in which they were created. A
// node is created after its inputs, so this is a valid schedule, and it is the same in every process.
func reachable(roots ...*G.Node) (G.Nodes, error) {
	seen := map[*G.Node]bool{}
	var order G.Nodes
	var visit func(n *G.Node) error
	visit = func(n *G.Node) error {
		if seen[n] {
			return nil
		}
		seen[n] = true
		order = append(order, n)
		switch o := n.Op().(type) {
		case nil:
		case *op.Op:
			for _, in := range o.Inputs() {
				if err := visit(in); err != nil {
					return err
				}
			}
		default:
			return fmt.Errorf("the graph has %v, an operator that is not of internal/op", n)
		}
		return nil
	}
	for _, r := range roots {
		if err := visit(r); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(order, func(a, b *G.Node) int { return int(a.ID() - b.ID()) })
	return order, nil
}
