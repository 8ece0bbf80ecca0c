package model

import (
	"context"
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/device/ref"
	"r2unet/internal/exec"
	"r2unet/internal/op"
	"r2unet/layers"
)

// FirstNotFinite computes one training step on the reference device, with the present weights and every intermediate
// result stored, and returns the name of the first operator, in the order of computation, whose result contains a NaN
// or an infinity, or "" if there is none. The model does not change. Cancellation takes effect between two
// operators.
func (m *Model) FirstNotFinite(ctx context.Context, batch Batch) (string, error) {
	b, image, logits, err := forward(&layers.Params{}, true, m.config, batch.N, batch.H, batch.W)
	if err != nil {
		return "", err
	}
	target := b.Input("target", batch.N, 1, batch.H, batch.W)
	loss := m.loss(b, logits, target)
	if b.Err() != nil {
		return "", b.Err()
	}
	values := map[*G.Node][]float32{image: batch.Images, target: batch.Targets}
	if step := b.Step(); step != nil {
		values[step] = []float32{float32(m.batches)}
	}
	if err := m.letValues(b, values); err != nil {
		return "", err
	}
	if err := gradients(b, loss, m.trainable()); err != nil {
		return "", err
	}
	var outputs G.Nodes
	for _, node := range b.Graph().AllNodes() {
		if o, ok := node.Op().(*op.Op); ok && !o.UpdatesLast() {
			if _, view := o.View(); !view {
				outputs = append(outputs, node)
			}
		}
	}
	machine, err := exec.New(ref.New[float32](), b.Graph(), exec.Options{Outputs: outputs})
	if err != nil {
		return "", err
	}
	if err := machine.RunAllContext(ctx); err != nil {
		return "", err
	}
	for _, node := range outputs {
		data, _ := node.Value().Data().([]float32)
		if one, ok := node.Value().Data().(float32); ok { // such as a loss
			data = []float32{one}
		}
		if !finite(data) {
			return describe(node), nil
		}
	}
	return "", nil
}

// gradients adds the gradients of the loss to the graph.
func gradients(b *layers.Builder, loss *G.Node, params []layers.Param) error {
	wrt := make(G.Nodes, len(params))
	for i, p := range params {
		wrt[i] = b.Parameters()[p.Name]
	}
	_, err := exec.Differentiate(loss, wrt)
	return err
}

// letValues sets a graph's inputs to the values of a batch, and its parameters to those of the model.
func (m *Model) letValues(b *layers.Builder, values map[*G.Node][]float32) error {
	for _, v := range []struct {
		params []layers.Param
		flat   []float32
		read   func([]float32) error
	}{
		{m.params.Trainable, make([]float32, m.params.Count()), func(to []float32) error {
			return m.dev.Read(to, m.weights.Buffer)
		}},
		{m.params.Running, make([]float32, m.params.RunningCount()), func(to []float32) error {
			return m.dev.Read(to, m.running.Buffer)
		}},
	} {
		if err := v.read(v.flat); err != nil {
			return err
		}
		for _, p := range v.params {
			values[b.Parameters()[p.Name]] = v.flat[p.Offset : p.Offset+p.Elements()]
		}
	}
	for node, data := range values {
		if err := G.Let(node, tensor.New(tensor.WithShape(node.Shape()...), tensor.WithBacking(data))); err != nil {
			return fmt.Errorf("%s: %w", node.Name(), err)
		}
	}
	return nil
}

func finite(data []float32) bool {
	for _, v := range data {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// describe returns an operator's name with the parameters among its inputs.
func describe(n *G.Node) string {
	o := n.Op().(*op.Op)
	var params []string
	for _, in := range o.Inputs() {
		if in.Op() == nil {
			params = append(params, in.Name())
		}
	}
	text := o.String()
	if len(params) > 0 {
		text += " of " + strings.Join(params, " and ")
	}
	return text
}
