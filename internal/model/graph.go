package model

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/exec"
	"r2unet/layers"
)

// mode is what a graph computes.
type mode int

const (
	train    mode = iota // loss, gradients, running statistics, Adam
	evaluate             // loss and probabilities with running statistics
	predict              // probabilities
)

// shape is what a graph is compiled for.
type shape struct {
	mode    mode
	n, h, w int
}

// graph is a compiled graph with a batch of its own in the device's memory.
type graph struct {
	machine       *exec.Machine
	image, target *device.Tensor
	metrics       *device.Tensor // [3]: loss, mean squared error, accuracy
	output        *device.Tensor
	nodes         int  // of the graph
	draws         bool // something is drawn at random in each step, such as dropout masks
}

// cached is the number of compiled graphs that are kept: training, validation, a smaller last batch, and two image
// sizes.
const cached = 5

// graph returns the compiled graph of a shape; if there are too many, it drops the least recently used one.
func (m *Model) graph(s shape) (*graph, error) {
	if at := slices.Index(m.used, s); at >= 0 {
		m.used = append(slices.Delete(m.used, at, at+1), s)
		return m.graphs[s], nil
	}
	if len(m.used) == cached {
		delete(m.graphs, m.used[0])
		m.used = slices.Delete(m.used, 0, 1)
	}
	g, err := m.compile(s)
	if err != nil {
		return nil, fmt.Errorf("%s for %d images of %d×%d pixels: %w", m.config.Arch.Name, s.n, s.w, s.h, err)
	}
	m.graphs[s] = g
	m.used = append(m.used, s)
	return g, nil
}

func (m *Model) compile(s shape) (*graph, error) {
	b, image, logits, err := forward(m.params, s.mode == train, m.config, s.n, s.h, s.w)
	if err != nil {
		return nil, err
	}
	g := &graph{}
	bind := map[*G.Node]*device.Tensor{}
	place := func(n *G.Node, at **device.Tensor, name string, kind device.Kind) {
		if err != nil || b.Err() != nil {
			return
		}
		*at, err = persistent(m.dev, name, n.Shape(), kind)
		bind[n] = *at
	}
	place(image, &g.image, "image", device.Features)
	m.bindParameters(b, bind, s.mode)
	if step := b.Step(); step != nil {
		bind[step] = m.taken
		g.draws = true
	}
	var after []device.Call
	if s.mode != train {
		place(b.Probabilities(logits), &g.output, "probabilities", device.Features)
	}
	if s.mode != predict {
		target := b.Input("target", s.n, 1, s.h, s.w)
		loss := m.loss(b, logits, target)
		place(target, &g.target, "target", device.Features)
		if b.Err() == nil && err == nil {
			g.metrics, err = persistent(m.dev, "metrics", []int{3}, device.Plain)
			bind[loss] = &device.Tensor{Name: "loss", Parent: g.metrics}
			bind[b.Scores(logits, target)] = &device.Tensor{
				Name: "scores", Shape: []int{2}, Parent: g.metrics, Start: 1,
			}
		}
		if s.mode == train && b.Err() == nil {
			if err := m.bindGradients(b, loss, bind); err != nil {
				return nil, err
			}
			if after = m.update(); m.config.Accumulate {
				after = []device.Call{&calls.Accumulate{Grad: m.grads, Mean: m.mean, Shares: m.shares}}
			}
		}
	}
	if b.Err() != nil {
		return nil, b.Err()
	}
	if err != nil {
		return nil, err
	}
	g.nodes = len(b.Graph().AllNodes())
	g.machine, err = exec.New(m.dev, b.Graph(), exec.Options{Bind: bind, After: after})
	return g, err
}

// bindParameters binds the graph's parameters and running statistics to the model's flat vectors: outside of training
// to their averages, where there are some.
func (m *Model) bindParameters(b *layers.Builder, bind map[*G.Node]*device.Tensor, mode mode) {
	weights, running := m.weights, m.running
	if mode != train {
		weights, running = m.tested()
	}
	nodes := b.Parameters()
	for _, p := range m.params.Trainable {
		bind[nodes[p.Name]] = part(weights, p)
	}
	for _, p := range m.params.Running {
		bind[nodes[p.Name]] = part(running, p)
	}
}

// bindGradients adds the gradients to the graph and binds them to the flat vector of gradients.
func (m *Model) bindGradients(b *layers.Builder, loss *G.Node, bind map[*G.Node]*device.Tensor) error {
	wrt := make(G.Nodes, len(m.trainable()))
	for i, p := range m.trainable() {
		wrt[i] = b.Parameters()[p.Name]
	}
	grads, err := exec.Differentiate(loss, wrt)
	if err != nil {
		return err
	}
	for i, p := range m.trainable() {
		bind[grads[i]] = part(m.grads, p)
	}
	return nil
}

// part returns the view of a parameter in a flat vector.
func part(vector *device.Tensor, p layers.Param) *device.Tensor {
	return &device.Tensor{Name: p.Name, Shape: p.Shape, Parent: vector, Start: p.Offset}
}
