package model

import (
	"context"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
	"r2unet/internal/exec"
	"r2unet/layers"
)

// goldenRun is a case on a device.
type goldenRun struct {
	t   *testing.T
	c   goldenCase
	dev device.Device
	m   *Model
}

// double is the device if it computes in float64.
func (r goldenRun) double() *ref.Device[float64] {
	d, _ := r.dev.(*ref.Device[float64])
	return d
}

// start are the case's initial weights with fresh running statistics, as a checkpoint that Restore takes.
func (r goldenRun) start() []Tensor {
	var out []Tensor
	parameters := 0
	for _, s := range stateOf(r.t, r.m) {
		switch {
		case strings.HasPrefix(s.Name, "adam."):
		case strings.Contains(s.Name, ".running_"):
			out = append(out, s)
		default:
			parameters++
			p := r.c.tensor(r.t, "param."+s.Name)
			out = append(out, Tensor{Name: s.Name, Shape: p.Shape, Data: p.Data})
		}
	}
	for _, tensor := range r.c.file.Tensors {
		if strings.HasPrefix(tensor.Name, "param.") {
			parameters--
		}
	}
	if parameters != 0 {
		r.t.Errorf("PyTorch's network has %d parameters more", -parameters)
	}
	return out
}

// train takes one step and returns the loss before it: through the model in float32, through the model's graph in
// float64.
func (r goldenRun) train(rate float64) float64 {
	r.t.Helper()
	image, target := r.c.tensor(r.t, "input"), r.c.tensor(r.t, "target")
	batch := Batch{
		Images: image.Data, Targets: target.Data,
		N: image.Shape[0], C: image.Shape[1], H: image.Shape[2], W: image.Shape[3],
	}
	d := r.double()
	if d == nil {
		metrics, err := r.m.Train(context.Background(), batch, rate)
		if err != nil {
			r.t.Fatal(err)
		}
		return metrics.Loss
	}
	g, err := r.m.graph(batch.shape(train))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, n := range append(r.m.updateNumbers(rate), r.m.batchNumbers(batch.N, g.draws)...) {
		r.write(n.to, n.values)
	}
	r.m.step++
	r.m.batches++
	r.write(g.image, wide(batch.Images))
	r.write(g.target, wide(batch.Targets))
	if err := g.machine.Run(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	return r.read(g.metrics)[0]
}

// forgetMoments lets the optimizer start anew; weights and running statistics stay, to the last bit.
func (r goldenRun) forgetMoments() {
	for _, moment := range r.m.kept {
		r.write(moment, make([]float64, moment.Elements()))
	}
	r.m.step = 0
}

// state has weights and running statistics under their names in PyTorch.
func (r goldenRun) state() map[string][]float64 {
	weights, running := r.read(r.m.weights), r.read(r.m.running)
	out := map[string][]float64{}
	for _, p := range r.m.params.Trainable {
		out[p.Name] = weights[p.Offset : p.Offset+p.Elements()]
	}
	for _, p := range r.m.params.Running {
		half := p.Elements() / 2
		out[p.Name+"_mean"], out[p.Name+
			"_var"] = running[p.Offset:p.Offset+half], running[p.Offset+half:p.Offset+2*half]
	}
	return out
}

// logits runs a graph of the network on the device through gorgonia.VM, from values bound with gorgonia.Let.
func (r goldenRun) logits(training bool) []float64 {
	r.t.Helper()
	dtype := tensor.Float32
	if r.double() != nil {
		dtype = tensor.Float64
	}
	params := &layers.Params{}
	b := layers.NewBuilder(params, training, dtype)
	b.SetClasses(r.c.config.Classes)
	input := r.c.tensor(r.t, "input")
	image := b.Input("image", input.Shape...)
	node, err := arch.Build(b, r.c.config.Arch, image)
	if err != nil {
		r.t.Fatal(err)
	}
	if b.Err() != nil {
		r.t.Fatal(b.Err())
	}
	state := r.state()
	r.let(image, wide(input.Data))
	if step := b.Step(); step != nil {
		r.let(step, []float64{0})
	}
	for _, p := range params.Trainable {
		r.let(b.Parameters()[p.Name], state[p.Name])
	}
	for _, p := range params.Running {
		r.let(b.Parameters()[p.Name], append(append([]float64{}, state[p.Name+"_mean"]...), state[p.Name+"_var"]...))
	}
	vm, err := exec.New(r.dev, b.Graph(), exec.Options{Outputs: G.Nodes{node}})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		r.t.Fatal(err)
	}
	if data, ok := node.Value().Data().([]float64); ok {
		return data
	}
	return wide(node.Value().Data().([]float32))
}

func (r goldenRun) let(n *G.Node, data []float64) {
	r.t.Helper()
	var backing any = data
	if n.Dtype() == tensor.Float32 {
		backing = narrow(data)
	}
	if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(backing))); err != nil {
		r.t.Fatalf("%s: %v", n.Name(), err)
	}
}

// read and write move a tensor that stands in a buffer: exactly, if the device is in float64.
func (r goldenRun) read(from *device.Tensor) []float64 {
	r.t.Helper()
	var err error
	out := make([]float64, from.Elements())
	if d := r.double(); d != nil {
		err = d.ReadExact(out, from.Buffer)
	} else {
		single := make([]float32, len(out))
		err = r.dev.Read(single, from.Buffer)
		out = wide(single)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r goldenRun) write(to *device.Tensor, data []float64) {
	r.t.Helper()
	var err error
	if d := r.double(); d != nil {
		err = d.WriteExact(to.Buffer, data)
	} else {
		err = r.dev.Write(to.Buffer, narrow(data))
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func wide(data []float32) []float64 {
	out := make([]float64, len(data))
	for i, v := range data {
		out[i] = float64(v)
	}
	return out
}

func narrow(data []float64) []float32 {
	out := make([]float32, len(data))
	for i, v := range data {
		out[i] = float32(v)
	}
	return out
}
