// Package exec runs Gorgonia graphs of the operators in internal/op on a device. A graph is lowered once to a static
// plan: kernel calls in a fixed order over tensors with fixed offsets in one arena. Running it then allocates no
// tensor memory.
package exec

import (
	"context"
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/device"
	"r2unet/internal/op"
)

// Options are what a machine computes and where its values are stored.
type Options struct {
	// Bind maps nodes to tensors in the device's buffers: parameters and batches as inputs, and results. Every bound
	// result is computed.
	Bind map[*G.Node]*device.Tensor
	// Outputs are further results. After each run they have a value, as under Gorgonia's own machines. Inputs that
	// are not bound need a value, set with gorgonia.Let before the run.
	Outputs G.Nodes
	// After are calls that follow those of the graph, such as the optimizer's.
	After []device.Call
}

// Machine runs a graph on a device. It implements gorgonia.VM.
type Machine struct {
	dev     device.Device
	program device.Program
	plan    *device.Plan
	inputs  []exchange
	outputs []exchange
}

// exchange moves a node's value between Gorgonia's memory and the device.
type exchange struct {
	node   *G.Node
	buffer device.Buffer
	host   any // of an output: []float32 or []float64, the whole buffer
	start  int // offset of an output in it: 0 except for rows of a matrix
}

var _ G.VM = (*Machine)(nil)

// New lowers the part of the graph that the bound results and the outputs need, together with all operators that
// update an input in place.
func New(dev device.Device, g *G.ExprGraph, opts Options) (*Machine, error) {
	m := &Machine{dev: dev}
	tensors := make(map[*G.Node]*device.Tensor, len(opts.Bind))
	roots := append(G.Nodes{}, opts.Outputs...)
	for _, n := range g.AllNodes() {
		if t := opts.Bind[n]; t != nil {
			tensors[n] = t
			if n.Op() != nil {
				roots = append(roots, n)
			}
		} else if o, ok := n.Op().(*op.Op); ok && o.UpdatesLast() {
			roots = append(roots, n)
		}
	}
	if err := m.exchangeValues(roots, opts.Outputs, tensors); err != nil {
		return nil, err
	}
	calls, err := lower(dev, roots, tensors)
	if err != nil {
		return nil, err
	}
	if keeper, ok := dev.(device.Keeper); !ok || !keeper.KeepsActivations() {
		calls = recompute(calls)
	}
	m.plan = &device.Plan{Calls: append(calls, opts.After...)}
	m.plan.Arena = planArena(dev, m.plan.Calls)
	m.program, err = dev.Compile(m.plan)
	return m, err
}

// exchangeValues allocates buffers for the inputs that are not bound and for the outputs.
func (m *Machine) exchangeValues(roots, outputs G.Nodes, tensors map[*G.Node]*device.Tensor) error {
	nodes, err := reachable(roots...)
	if err != nil {
		return err
	}
	take := func(n *G.Node, kind device.Kind) (device.Buffer, error) {
		b, err := m.dev.Alloc(n.Shape(), kind)
		tensors[n] = &device.Tensor{Name: name(n), Shape: n.Shape(), Kind: kind, Buffer: b}
		return b, err
	}
	kinds := inputKinds(nodes)
	for _, n := range nodes {
		if n.Op() != nil || tensors[n] != nil {
			continue
		}
		b, err := take(n, kinds[n])
		if err != nil {
			return err
		}
		m.inputs = append(m.inputs, exchange{node: n, buffer: b})
	}
	for _, n := range outputs {
		o, ok := n.Op().(*op.Op)
		if !ok {
			return fmt.Errorf("output %v is an input", n)
		}
		owner := n
		start, isView := o.View()
		if isView && o.Kind() == device.Plain {
			owner = o.Inputs()[0] // a row is stored in its matrix
		}
		if tensors[owner] == nil {
			if _, err := take(owner, o.Kind()); err != nil {
				return err
			}
		}
		m.outputs = append(m.outputs, exchange{n, tensors[owner].Root().Buffer, hostMemory(owner), start})
	}
	return nil
}

// Lower returns the kernel calls that compute the roots without allocating memory or running anything, to count what
// a graph costs. Inputs need not be bound.
func Lower(dev device.Device, roots G.Nodes) ([]device.Call, error) {
	tensors, err := inputs(roots)
	if err != nil {
		return nil, err
	}
	return lower(dev, roots, tensors)
}

// Operators returns the calls that compute the roots one for each operator, none fused with another, to write the graph
// in another form. Tensors have unique names, inputs those of their nodes; named has those of all nodes.
func Operators(roots G.Nodes) (calls []device.Call, named map[*G.Node]*device.Tensor, err error) {
	if named, err = inputs(roots); err != nil {
		return nil, nil, err
	}
	calls, err = unfused(nowhere{}, roots, named)
	return calls, named, err
}

// nowhere makes every slice and concatenation of channels a call.
type nowhere struct{}

func (nowhere) Places(int, int) bool { return false }

// inputs returns tensors for the inputs of what computes the roots.
func inputs(roots G.Nodes) (map[*G.Node]*device.Tensor, error) {
	nodes, err := reachable(roots...)
	if err != nil {
		return nil, err
	}
	tensors := map[*G.Node]*device.Tensor{}
	for n, kind := range inputKinds(nodes) {
		tensors[n] = &device.Tensor{Name: name(n), Shape: n.Shape(), Kind: kind}
	}
	return tensors, nil
}

// Run computes the graph once.
func (m *Machine) Run(ctx context.Context) error { return m.program.Run(ctx) }

// RunAll computes the graph once, from the values of its inputs to the values of its outputs.
func (m *Machine) RunAll() error { return m.RunAllContext(context.Background()) }

// RunAllContext is RunAll with a context that can cancel it.
func (m *Machine) RunAllContext(ctx context.Context) error {
	for _, in := range m.inputs {
		if in.node.Value() == nil {
			return fmt.Errorf("input %q has no value", in.node.Name())
		}
		if err := write(m.dev, in.buffer, in.node.Value().Data()); err != nil {
			return fmt.Errorf("input %q: %w", in.node.Name(), err)
		}
	}
	if err := m.Run(ctx); err != nil {
		return err
	}
	for _, out := range m.outputs {
		if err := read(m.dev, out.host, out.buffer); err != nil {
			return fmt.Errorf("output %v: %w", out.node, err)
		}
		if err := G.UnsafeLet(out.node, value(out.node, out.host, out.start)); err != nil {
			return fmt.Errorf("output %v: %w", out.node, err)
		}
	}
	return nil
}

// Reset does nothing: each run starts from the first call.
func (m *Machine) Reset() {}

// Close does nothing: buffers belong to the device.
func (m *Machine) Close() error { return nil }

// Program returns the compiled plan, for profiles and checks.
func (m *Machine) Program() device.Program { return m.program }

// Calls returns the plan's kernel calls.
func (m *Machine) Calls() []device.Call { return m.plan.Calls }
