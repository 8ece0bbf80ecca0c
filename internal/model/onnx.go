package model

import (
	"fmt"
	"strconv"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/exec"
	"r2unet/internal/onnx"
	"r2unet/layers"
)

// The names of an exported network's input, which is that of forward, of its output, and of dimensions that may vary.
const (
	onnxInput  = "image"
	onnxOutput = "probabilities"

	varyingBatch, varyingHeight, varyingWidth = "batch", "height", "width"
)

// ONNX returns the graph from images [N, C, H, W], normalized as the network takes them, to probabilities [N, K, H, W],
// with weights that Restore would take. N, H and W may be anything that the network accepts: H and W are multiples of
// arch.Config.Multiple. A temperature other than 0 divides the logit of a network that has one.
func ONNX(c Config, weights []Tensor, temperature float64) (*onnx.Graph, error) {
	c.Arch = c.Arch.WithDefaults()
	misfits, err := Misfits(c, weights)
	if err != nil {
		return nil, err
	}
	if len(misfits) > 0 {
		return nil, fmt.Errorf("weights of another network: %s", misfits[0])
	}
	side := 2 * c.Arch.Multiple() // any size gives the same nodes
	b, _, logits, err := forward(&layers.Params{}, false, c, 1, side, side)
	if err != nil {
		return nil, err
	}
	root := b.Probabilities(logits)
	if b.Err() != nil {
		return nil, b.Err()
	}
	operators, named, err := exec.Operators(G.Nodes{root})
	if err != nil {
		return nil, err
	}
	g := onnx.NewGraph()
	g.Input(onnxInput, varyingBatch, strconv.Itoa(c.InChannels), varyingHeight, varyingWidth)
	for _, w := range weights {
		g.Tensor(w.Name, w.Shape, w.Data)
	}
	for _, call := range operators {
		operator, ok := call.(onnx.Operator)
		if !ok {
			return nil, fmt.Errorf("%s: operator %q has no form in ONNX; it needs a method ONNX beside its definition",
				c.Arch.Name, call.Name())
		}
		if last, ok := call.(*calls.Sigmoid); ok && temperature != 0 {
			last.Logits.Name = g.Node("Div", []string{last.Logits.Name, g.Floats(float32(temperature))})
		}
		operator.ONNX(g)
	}
	g.Output(onnxOutput, named[root].Name, varyingBatch, strconv.Itoa(c.Outputs()), varyingHeight, varyingWidth)
	return g, nil
}
