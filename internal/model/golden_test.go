package model

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/checkpoint"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/ref"
	"r2unet/internal/exec"
	"r2unet/layers"
)

// The tolerances of the golden cases, as ‖a − b‖/‖b‖ of a whole tensor.
const (
	logitsTolerance  = 1e-5
	gradTolerance    = 1e-4
	lossTolerance    = 1e-5
	runningTolerance = 1e-5
	weightsTolerance = 1e-4
	evalTolerance    = 1e-4
	tinyGradient     = 1e-6 // a gradient of a smaller norm is compared absolutely
)

// TestGoldenNetworks compares every golden case with PyTorch, tensor by tensor: logits, loss, gradients, three Adam steps, running
// statistics, evaluation. GOLDEN_NETWORKS names another folder of cases.
func TestGoldenNetworks(t *testing.T) {
	folder := os.Getenv("GOLDEN_NETWORKS")
	if folder == "" {
		folder = "testdata/golden"
	}
	compareWithPyTorch(t, folder)
}

// TestGoldenNetworksOfWholeBlocks compares two networks of 16, 32 and 48 channels, which train with the kernels that the paper's networks do.
func TestGoldenNetworksOfWholeBlocks(t *testing.T) { compareWithPyTorch(t, "testdata/wide") }

func compareWithPyTorch(t *testing.T, folder string) {
	t.Helper()
	cases := goldenCases(t, folder)
	for name, dev := range devices(t) {
		worst := errorsByKind{}
		for _, c := range cases {
			c.worst = worst
			t.Run(c.name+"/"+name, func(t *testing.T) { c.check(t, dev) })
		}
		t.Logf("%s, %d cases, largest relative errors: %s", name, len(cases), worst)
	}
}

// errorsByKind has the largest relative error of each kind of tensor.
type errorsByKind map[string]float64

func (e errorsByKind) String() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(e)) {
		parts = append(parts, fmt.Sprintf("%s %.1e", kind, e[kind]))
	}
	return strings.Join(parts, ", ")
}

// goldenCase is one file: a configuration and its tensors.
type goldenCase struct {
	name   string
	file   *checkpoint.File
	config Config
	worst  errorsByKind
}

func goldenCases(t *testing.T, folder string) []goldenCase {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.safetensors"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden cases in %s (%v)", folder, err)
	}
	blocks := map[string]string{"unet": "forward", "resunet": "residual", "runet": "recurrent", "r2unet": "recurrent-residual"}
	var cases []goldenCase
	for _, path := range paths {
		f, err := checkpoint.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		number := func(s string) int {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatalf("%s: metadata: %v", path, err)
			}
			return n
		}
		meta := f.Metadata
		a := arch.Config{Name: meta["arch"], Block: blocks[meta["arch"]], T: number(meta["t"]), Norm: layers.Normalization(meta["norm"])}
		if a.T > 0 {
			a.Weights = layers.Sharing(meta["weights"])
		}
		for c := range strings.SplitSeq(meta["channels"], ",") {
			a.Channels = append(a.Channels, number(c))
		}
		cases = append(cases, goldenCase{
			name: strings.TrimSuffix(filepath.Base(path), ".safetensors"), file: f,
			config: Config{Arch: a, InChannels: number(meta["in_channels"])},
		})
	}
	return cases
}

func (c goldenCase) tensor(t *testing.T, name string) checkpoint.Tensor {
	t.Helper()
	x, ok := c.file.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	return x
}

// weights are the case's initial weights with fresh running statistics, as a checkpoint that Restore takes.
func (c goldenCase) weights(t *testing.T, m *Model) []Tensor {
	t.Helper()
	state, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	var out []Tensor
	for _, s := range state {
		switch {
		case strings.HasPrefix(s.Name, "adam."):
		case strings.Contains(s.Name, ".running_"):
			out = append(out, s)
		default:
			p := c.tensor(t, "param."+s.Name)
			out = append(out, Tensor{Name: s.Name, Shape: p.Shape, Data: p.Data})
		}
	}
	return out
}

func (c goldenCase) check(t *testing.T, dev device.Device) {
	m, err := New(c.config, dev)
	if err != nil {
		t.Fatal(err)
	}
	start := c.weights(t, m)
	if err := m.Restore(start); err != nil {
		t.Fatal(err)
	}
	image, target := c.tensor(t, "input"), c.tensor(t, "target")
	n, h, w := image.Shape[0], image.Shape[2], image.Shape[3]
	ctx := context.Background()

	// Logits, loss and gradients; a rate of 0 leaves the weights alone, the running statistics move.
	c.closeTo(t, "logits", "logits", c.logits(t, dev, start, true), c.tensor(t, "logits").Data, logitsTolerance)
	metrics, err := m.Train(ctx, image.Data, target.Data, n, h, w, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.closeTo(t, "losses", "loss", []float32{float32(metrics.Loss)}, c.tensor(t, "loss").Data, lossTolerance)
	grads := make([]float32, m.params.Count())
	if err := dev.Read(grads, m.grads.Buffer); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.params.Trainable {
		c.closeTo(t, "gradients", "grad."+p.Name, grads[p.Offset:p.Offset+p.Elements()], c.tensor(t, "grad."+p.Name).Data, gradTolerance)
	}

	// Three steps from fresh moments.
	state, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Restore(withoutAdam(state)); err != nil {
		t.Fatal(err)
	}
	var losses []float32
	for range 3 {
		metrics, err := m.Train(ctx, image.Data, target.Data, n, h, w, 2e-4)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, float32(metrics.Loss))
	}
	c.closeTo(t, "losses", "adam.losses", losses, c.tensor(t, "adam.losses").Data, lossTolerance)
	if state, err = m.Tensors(); err != nil {
		t.Fatal(err)
	}
	for _, s := range withoutAdam(state) {
		if strings.Contains(s.Name, ".running_") {
			c.closeTo(t, "running statistics", s.Name, s.Data, c.tensor(t, "buffer."+s.Name).Data, runningTolerance)
		} else {
			c.closeTo(t, "weights", s.Name, s.Data, c.tensor(t, "adam."+s.Name).Data, weightsTolerance)
		}
	}
	c.closeTo(t, "evaluation logits", "eval.logits", c.logits(t, dev, withoutAdam(state), false), c.tensor(t, "eval.logits").Data, evalTolerance)
}

func withoutAdam(state []Tensor) []Tensor {
	var out []Tensor
	for _, s := range state {
		if !strings.HasPrefix(s.Name, "adam.") {
			out = append(out, s)
		}
	}
	return out
}

// logits runs a graph of the network on the device through gorgonia.VM, from values bound with gorgonia.Let.
func (c goldenCase) logits(t *testing.T, dev device.Device, state []Tensor, training bool) []float32 {
	t.Helper()
	g := c.graph(t, state, training, tensor.Float32)
	vm, err := exec.New(dev, g.graph, exec.Options{Outputs: G.Nodes{g.logits}})
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return g.logits.Value().Data().([]float32)
}

// valueGraph is a graph whose inputs have values.
type valueGraph struct {
	graph        *G.ExprGraph
	logits, loss *G.Node
	parameters   map[string]*G.Node
	order        []string // of the trainable parameters
}

func (c goldenCase) graph(t *testing.T, state []Tensor, training bool, dtype tensor.Dtype) valueGraph {
	t.Helper()
	params := &layers.Params{}
	b := layers.NewBuilder(params, training, dtype)
	input, truth := c.tensor(t, "input"), c.tensor(t, "target")
	image := b.Input("image", input.Shape...)
	logits, err := arch.Build(b, c.config.Arch, image)
	if err != nil {
		t.Fatal(err)
	}
	target := b.Input("target", truth.Shape...)
	loss := b.Loss(logits, target, layers.LossWeights{BCE: 1})
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	let(t, image, input.Data)
	let(t, target, truth.Data)
	byName := map[string][]float32{}
	for _, s := range state {
		byName[s.Name] = s.Data
	}
	var order []string
	for _, p := range params.Trainable {
		let(t, b.Parameters()[p.Name], byName[p.Name])
		order = append(order, p.Name)
	}
	for _, p := range params.Running {
		let(t, b.Parameters()[p.Name], append(append([]float32{}, byName[p.Name+"_mean"]...), byName[p.Name+"_var"]...))
	}
	return valueGraph{b.Graph(), logits, loss, b.Parameters(), order}
}

func let(t *testing.T, n *G.Node, data []float32) {
	t.Helper()
	var backing any = append([]float32{}, data...)
	if n.Dtype() == tensor.Float64 {
		wide := make([]float64, len(data))
		for i, v := range data {
			wide[i] = float64(v)
		}
		backing = wide
	}
	if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(backing))); err != nil {
		t.Fatalf("%s: %v", n.Name(), err)
	}
}

// closeTo compares tensors by ‖got − want‖/‖want‖ and notes the largest error of their kind.
func (c goldenCase) closeTo(t *testing.T, kind, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, expected %d", what, len(got), len(want))
	}
	var difference, norm float64
	for i := range want {
		difference += math.Pow(float64(got[i])-float64(want[i]), 2)
		norm += math.Pow(float64(want[i]), 2)
	}
	difference, norm = math.Sqrt(difference), math.Sqrt(norm)
	if norm < tinyGradient {
		norm = 1
	}
	c.worst[kind] = max(c.worst[kind], difference/norm)
	if !(difference <= tolerance*norm) {
		t.Errorf("%s: relative error %.3g, tolerance %g", what, difference/norm, tolerance)
	}
}

// devices are those that every exactness test runs on: ref, and cpu with each instruction set that this processor has.
func devices(t *testing.T) map[string]device.Device {
	t.Helper()
	all := map[string]device.Device{"ref": ref.New[float32]()}
	for _, set := range isa.Available() {
		t.Setenv(isa.Variable, set.String())
		dev, err := cpu.New(2)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dev.Close() })
		all["cpu "+set.String()] = dev
	}
	return all
}
