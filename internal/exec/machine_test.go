package exec_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/device/ref"
	"r2unet/internal/exec"
	"r2unet/layers"
)

// networks has each block with every way to share weights.
var networks = []arch.Config{
	{Name: "U-Net", Block: "forward"},
	{Name: "ResU-Net", Block: "residual", Norm: layers.NormNone},
	{Name: "RU-Net", Block: "recurrent", T: 2, Weights: layers.Shared},
	{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Weights: layers.Tied},
	{Name: "R2U-Net", Block: "recurrent-residual", T: 3, Weights: layers.PerStep, Norm: layers.NormNone},
}

// network is a training graph with values for its inputs.
type network struct {
	graph        *G.ExprGraph
	loss, logits *G.Node
	parameters   G.Nodes
}

// build makes the same graph with the same values each time.
func build(t *testing.T, c arch.Config, dtype tensor.Dtype) network {
	t.Helper()
	c.Channels = []int{3, 5}
	params := &layers.Params{}
	b := layers.NewBuilder(params, true, dtype)
	image := b.Input("image", 2, 1, 6, 4)
	logits, err := arch.Build(b, c.WithDefaults(), image)
	if err != nil {
		t.Fatal(err)
	}
	target := b.Input("target", 2, 1, 6, 4)
	loss := b.Loss(logits, target, layers.LossWeights{BCE: 1, Dice: 0.5})
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	random := rand.New(rand.NewPCG(7, 7))
	noise := make([]float32, 48)
	truth := make([]float32, 48)
	for i := range noise {
		noise[i], truth[i] = random.Float32(), float32(random.IntN(2))
	}
	let(t, image, noise)
	let(t, target, truth)
	trainable, running := params.Init(3, 1)
	n := network{graph: b.Graph(), loss: loss, logits: logits}
	for _, p := range params.Trainable {
		node := b.Parameters()[p.Name]
		let(t, node, trainable[p.Offset:][:p.Elements()])
		n.parameters = append(n.parameters, node)
	}
	for _, p := range params.Running {
		let(t, b.Parameters()[p.Name], running[p.Offset:][:p.Elements()])
	}
	return n
}

func let(t *testing.T, n *G.Node, values []float32) {
	t.Helper()
	var backing any = slices.Clone(values)
	if n.Dtype() == tensor.Float64 {
		wide := make([]float64, len(values))
		for i, v := range values {
			wide[i] = float64(v)
		}
		backing = wide
	}
	if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(backing))); err != nil {
		t.Fatal(err)
	}
}

// values returns a node's elements in float64.
func values(n *G.Node) []float64 {
	switch v := n.Value().Data().(type) {
	case []float64:
		return v
	case []float32:
		out := make([]float64, len(v))
		for i, x := range v {
			out[i] = float64(x)
		}
		return out
	case float64:
		return []float64{v}
	case float32:
		return []float64{float64(v)}
	}
	return nil
}

// outcome returns loss, logits and gradients of a network, all in one list.
func outcome(n network, grads G.Nodes) []float64 {
	out := append(values(n.loss), values(n.logits)...)
	for _, g := range grads {
		out = append(out, values(g)...)
	}
	return out
}

func differ(a, b []float64) float64 {
	worst := 0.0
	for i := range min(len(a), len(b)) {
		worst = max(worst, math.Abs(a[i]-b[i])/(1e-3+math.Abs(b[i])))
	}
	return worst // NaN if a value is
}

// TestMachineAgreesWithTapeMachine runs each training graph on the reference device under our machine and under
// Gorgonia's: the same operators in the same precision must give the same bits, except for sums whose terms come in
// another order.
func TestMachineAgreesWithTapeMachine(t *testing.T) {
	for _, c := range networks {
		for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			t.Run(c.Name+"/"+string(c.Weights)+"/"+dtype.String(), func(t *testing.T) {
				ours := build(t, c, dtype)
				grads, err := exec.Differentiate(ours.loss, ours.parameters)
				if err != nil {
					t.Fatal(err)
				}
				outputs := append(G.Nodes{ours.loss, ours.logits}, grads...)
				vm := newMachine(t, ours.graph, outputs, dtype)
				if err := vm.RunAll(); err != nil {
					t.Fatal(err)
				}
				got := outcome(ours, grads)

				theirs := build(t, c, dtype)
				grads, err = exec.Differentiate(theirs.loss, theirs.parameters)
				if err != nil {
					t.Fatal(err)
				}
				tape := G.NewTapeMachine(theirs.graph)
				defer tape.Close()
				if err := tape.RunAll(); err != nil {
					t.Fatal(err)
				}
				want := outcome(theirs, grads)
				if len(got) != len(want) || differ(got, want) != 0 {
					t.Errorf("%d and %d values, relative difference %g", len(got), len(want), differ(got, want))
				}
			})
		}
	}
}

func newMachine(t *testing.T, g *G.ExprGraph, outputs G.Nodes, dtype tensor.Dtype) *exec.Machine {
	t.Helper()
	var vm *exec.Machine
	var err error
	if dtype == tensor.Float64 {
		vm, err = exec.New(ref.New[float64](), g, exec.Options{Outputs: outputs})
	} else {
		vm, err = exec.New(ref.New[float32](), g, exec.Options{Outputs: outputs})
	}
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

// TestOwnGradientsAgreeWithGorgonias: gorgonia.Grad sums the uses of a weight with its own operator, ours inside the
// kernels.
func TestOwnGradientsAgreeWithGorgonias(t *testing.T) {
	for _, c := range networks {
		t.Run(c.Name+"/"+string(c.Weights), func(t *testing.T) {
			ours := build(t, c, tensor.Float64)
			grads, err := exec.Differentiate(ours.loss, ours.parameters)
			if err != nil {
				t.Fatal(err)
			}
			vm := newMachine(t, ours.graph, append(G.Nodes{ours.loss, ours.logits}, grads...), tensor.Float64)
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			got := outcome(ours, grads)

			theirs := build(t, c, tensor.Float64)
			grads, err = G.Grad(theirs.loss, theirs.parameters...)
			if err != nil {
				t.Fatal(err)
			}
			tape := G.NewTapeMachine(theirs.graph)
			defer tape.Close()
			if err := tape.RunAll(); err != nil {
				t.Fatal(err)
			}
			want := outcome(theirs, grads)
			if d := differ(got, want); len(got) != len(want) || !(d <= 1e-9) {
				t.Errorf("%d and %d values, relative difference %g", len(got), len(want), d)
			}
		})
	}
}

// TestPoisonedArenaChangesNothing: every value that a run reads has been written by this run.
func TestPoisonedArenaChangesNothing(t *testing.T) {
	for _, c := range networks {
		n := build(t, c, tensor.Float32)
		grads, err := exec.Differentiate(n.loss, n.parameters)
		if err != nil {
			t.Fatal(err)
		}
		vm := newMachine(t, n.graph, append(G.Nodes{n.loss, n.logits}, grads...), tensor.Float32)
		var outcomes [3][]float64
		for i := range outcomes {
			if i > 0 {
				vm.Program().Poison()
			}
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			outcomes[i] = outcome(n, grads)
		}
		if !slices.Equal(outcomes[0], outcomes[1]) || !slices.Equal(outcomes[1], outcomes[2]) {
			t.Errorf("%s %s: a run reads what it has not written", c.Name, c.Weights)
		}
	}
}

// TestErrorsNameTheInput: an input without a value, and a graph with an operator that is not ours.
func TestErrorsNameTheInput(t *testing.T) {
	n := build(t, networks[0], tensor.Float32)
	stranger := G.Must(G.Square(n.logits))
	if _, err := exec.New(ref.New[float32](), n.graph, exec.Options{Outputs: G.Nodes{stranger}}); err == nil {
		t.Error("a builtin operator was accepted")
	}
	empty := layers.NewBuilder(&layers.Params{}, false, tensor.Float32)
	image := empty.Input("picture", 1, 1, 4, 4)
	p := empty.Probabilities(image)
	vm := newMachine(t, empty.Graph(), G.Nodes{p}, tensor.Float32)
	if err := vm.RunAll(); err == nil || err.Error() != `input "picture" has no value` {
		t.Errorf("error %v", err)
	}
}
