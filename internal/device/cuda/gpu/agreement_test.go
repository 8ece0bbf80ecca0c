//go:build !race

package gpu

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/checkpoint"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda"
	"r2unet/internal/exec"
	"r2unet/internal/model"
	"r2unet/layers"
)

// quantities are what is compared with PyTorch, and how far off each may be, as ‖a − b‖/‖b‖ of the worst tensor: the
// tolerances of the golden cases.
var quantities = []struct {
	name      string
	tolerance float64
}{
	{"logits", 1e-5},
	{"loss", 1e-5},
	{"gradients", 1e-4},
	{"losses", 1e-5},
	{"weights", 1e-4},
	{"running statistics", 1e-5},
	{"evaluation", 1e-4},
}

var (
	peer      = flag.String("peer", "", "`file` of torch_peer.py steps to compare with")
	agreement = flag.String("agreement", "", "write how well both agree to this `file`, a JSON row a line")
)

// TestAgreesWithPyTorch compares ten Adam steps with those that PyTorch took in float64 on the same machine. Rounding
// grows over ten steps, so that PyTorch's own distance in float32, four times, is allowed too.
func TestAgreesWithPyTorch(t *testing.T) {
	if *peer == "" || *agreement == "" {
		t.Skip("give -peer FILE -agreement FILE")
	}
	f, err := checkpoint.ReadFile(*peer)
	if err != nil {
		t.Fatal(err)
	}
	ours := distances(t, open(t, cuda.Options{}), f)
	file, err := os.Create(*agreement)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := json.NewEncoder(file)
	for _, q := range quantities {
		torch, err := strconv.ParseFloat(f.Metadata["float32."+q.name], 64)
		if err != nil {
			t.Fatal(err)
		}
		allowed := max(q.tolerance, 4*torch)
		if !(ours[q.name] <= allowed) {
			t.Errorf("%s are %.3g away from PyTorch in float64, allowed is %.3g", q.name, ours[q.name], allowed)
		}
		row := map[string]any{
			"quantity": q.name, "ours": ours[q.name], "torch_float32": torch, "allowed": allowed,
			"peer": f.Metadata["peer"],
		}
		if err := out.Encode(row); err != nil {
			t.Fatal(err)
		}
	}
}

// distances runs a case from its weights: a pass with gradients, as many Adam steps as it has losses, and the
// evaluation after them. For each quantity it returns the largest distance of a tensor from the case's.
func distances(t *testing.T, dev device.Device, f *checkpoint.File) map[string]float64 {
	t.Helper()
	m, err := model.New(goldenConfig(t, f.Metadata), dev)
	if err != nil {
		t.Fatal(err)
	}
	want := func(name string) checkpoint.Tensor {
		x, ok := f.Tensor(name)
		if !ok {
			t.Fatalf("no tensor %s", name)
		}
		return x
	}
	worst := map[string]float64{}
	compare := func(quantity string, got, want []float32) {
		worst[quantity] = max(worst[quantity], distance(got, want))
	}
	state := func() []model.Tensor {
		s, err := m.Tensors()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	restore := func(s []model.Tensor) {
		if err := m.Restore(s); err != nil {
			t.Fatal(err)
		}
	}
	var begin []model.Tensor
	for _, s := range withoutMoments(state()) {
		if !strings.Contains(s.Name, ".running_") {
			s.Data = want("param." + s.Name).Data
		}
		begin = append(begin, s)
	}
	restore(begin)
	image, target := want("input"), want("target")
	n, h, w := image.Shape[0], image.Shape[2], image.Shape[3]
	batch := model.Batch{Images: image.Data, Targets: target.Data, N: n, C: image.Shape[1], H: h, W: w}
	train := func(rate float64) float32 {
		metrics, err := m.Train(t.Context(), batch, rate)
		if err != nil {
			t.Fatal(err)
		}
		return float32(metrics.Loss)
	}

	compare("logits", trainLogits(t, dev, m.Config(), begin, image), want("logits").Data)
	// A step at rate 0 leaves the weights, moves the running statistics as PyTorch's first pass does, and leaves a
	// tenth of the gradients in the first moments.
	compare("loss", []float32{train(0)}, want("loss").Data)
	after := state()
	for _, s := range after {
		if name, ok := strings.CutPrefix(s.Name, "adam.m."); ok {
			for i := range s.Data {
				s.Data[i] *= 10
			}
			compare("gradients", s.Data, want("grad."+name).Data)
		}
	}
	restore(withoutMoments(after))
	var losses []float32
	for range want("adam.losses").Data {
		losses = append(losses, train(2e-4))
	}
	compare("losses", losses, want("adam.losses").Data)
	for _, s := range withoutMoments(state()) {
		if strings.Contains(s.Name, ".running_") {
			compare("running statistics", s.Data, want("buffer."+s.Name).Data)
		} else {
			compare("weights", s.Data, want("adam."+s.Name).Data)
		}
	}
	probabilities := make([]float32, n*m.Config().Outputs()*h*w)
	if err := m.Predict(t.Context(), probabilities, batch); err != nil {
		t.Fatal(err)
	}
	if m.Config().Outputs() > 1 {
		compare("evaluation", probabilities, want("eval.probabilities").Data)
		return worst
	}
	expected := make([]float32, n*h*w)
	for i, z := range want("eval.logits").Data {
		expected[i] = float32(1 / (1 + math.Exp(-float64(z))))
	}
	compare("evaluation", probabilities, expected)
	return worst
}

// trainLogits computes the logits of a network in training mode from its state.
func trainLogits(t *testing.T, dev device.Device, c model.Config, state []model.Tensor,
	image checkpoint.Tensor,
) []float32 {
	t.Helper()
	params := &layers.Params{}
	b := layers.NewBuilder(params, true, tensor.Float32)
	b.SetClasses(c.Classes)
	input := b.Input("image", image.Shape...)
	logits, err := arch.Build(b, c.Arch, input)
	if err != nil {
		t.Fatal(err)
	}
	let := func(n *G.Node, data ...float32) {
		if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
	}
	byName := map[string][]float32{}
	for _, s := range state {
		byName[s.Name] = s.Data
	}
	let(input, image.Data...)
	for _, p := range params.Trainable {
		let(b.Parameters()[p.Name], byName[p.Name]...)
	}
	for _, p := range params.Running {
		let(b.Parameters()[p.Name], append(append([]float32{}, byName[p.Name+"_mean"]...), byName[p.Name+"_var"]...)...)
	}
	vm, err := exec.New(dev, b.Graph(), exec.Options{Outputs: G.Nodes{logits}})
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return logits.Value().Data().([]float32)
}

// distance is ‖got − want‖/‖want‖, and absolute where want is next to nothing.
func distance(got, want []float32) float64 {
	var difference, size float64
	for i, v := range want {
		difference += math.Pow(float64(got[i])-float64(v), 2)
		size += math.Pow(float64(v), 2)
	}
	if difference, size = math.Sqrt(difference), math.Sqrt(size); size < 1e-6 {
		return difference
	}
	return difference / size
}
