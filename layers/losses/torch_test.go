package losses_test

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/exec"
	"r2unet/internal/torchtest"
	"r2unet/layers"
	"r2unet/layers/losses"
)

// torchCases are losses and their gradients with respect to the logits by PyTorch, from testdata/losses.py.
type torchCases struct {
	Inputs struct {
		Shape           [3]int // N, H, W
		Ignored         []float64
		Logits, Targets map[int][]float64 // by the number of logits of a pixel
	}
	Cases []struct {
		Loss     string
		Classes  int
		Ignored  bool
		Value    float64
		Gradient []float64
	}
}

// TestLossesAreThoseOfPyTorch compares with committed numbers.
func TestLossesAreThoseOfPyTorch(t *testing.T) {
	var want torchCases
	torchtest.Read(t, "testdata/losses.json", &want)
	compare(t, want)
}

// TestLossesAreThoseOfPyTorchHere compares with the PyTorch of this machine.
func TestLossesAreThoseOfPyTorchHere(t *testing.T) {
	var want torchCases
	torchtest.Run(t, "testdata/losses.py", &want)
	compare(t, want)
}

// compare requires that values and gradients agree to 1e-12, relative to the largest of a gradient.
func compare(t *testing.T, want torchCases) {
	t.Helper()
	n, h, w := want.Inputs.Shape[0], want.Inputs.Shape[1], want.Inputs.Shape[2]
	for _, c := range want.Cases {
		name := fmt.Sprintf("%s, %d logits, ignored %v", c.Loss, c.Classes, c.Ignored)
		target := make([]float64, n*h*w)
		for i, v := range want.Inputs.Targets[c.Classes] {
			if target[i] = v; c.Ignored && want.Inputs.Ignored[i] == 1 {
				target[i] = -1
			}
		}
		shape := tensor.Shape{n, c.Classes, h, w}
		value, gradient := lossAndGradient(t, c.Loss, shape, want.Inputs.Logits[c.Classes], target)
		largest, furthest := 0.0, 0.0
		for i, g := range c.Gradient {
			largest, furthest = max(largest, math.Abs(g)), max(furthest, math.Abs(gradient[i]-g))
		}
		if math.Abs(value-c.Value) > 1e-12 || !(furthest <= 1e-12*largest) {
			t.Errorf("%s: loss %.15g, PyTorch %.15g; gradients of at most %g differ by %g",
				name, value, c.Value, largest, furthest)
		}
	}
}

func lossAndGradient(t *testing.T, text string, shape tensor.Shape, logits, target []float64) (float64, []float64) {
	t.Helper()
	sum, err := losses.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	b := layers.NewBuilder(&layers.Params{}, true, tensor.Float64)
	z, truth := b.Input("logits", shape...), b.Input("target", shape[0], 1, shape[2], shape[3])
	loss := sum.Build(b, z, truth)
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	grads, err := exec.Differentiate(loss, G.Nodes{z})
	if err != nil {
		t.Fatal(err)
	}
	for node, data := range map[*G.Node][]float64{z: logits, truth: target} {
		if err := G.Let(node, tensor.New(tensor.WithShape(node.Shape()...), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
	}
	vm := G.NewTapeMachine(b.Graph())
	defer func() { _ = vm.Close() }()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return loss.Value().Data().(float64), grads[0].Value().Data().([]float64)
}
