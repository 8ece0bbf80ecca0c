package model

import (
	"strings"
	"testing"

	"r2unet/internal/device/ref"
)

// TestPredictionsOfClassesAreThoseOfPyTorch: after the steps of Adam, and with the running statistics that they left,
// Predict gives PyTorch's softmax.
func TestPredictionsOfClassesAreThoseOfPyTorch(t *testing.T) {
	for _, c := range goldenCases(t, "testdata/classes") {
		for name, dev := range devices(t) {
			m := newModel(t, c.config, dev)
			var state []Tensor
			for _, s := range Weights(stateOf(t, m)) {
				from := "adam."
				if strings.Contains(s.Name, ".running_") {
					from = "buffer."
				}
				s.Data = c.tensor(t, from+s.Name).Data
				state = append(state, s)
			}
			if err := m.Restore(state); err != nil {
				t.Fatal(err)
			}
			image, want := c.tensor(t, "input"), c.tensor(t, "eval.probabilities")
			got := make([]float32, len(want.Data))
			b := Batch{Images: image.Data, N: image.Shape[0], C: image.Shape[1], H: image.Shape[2], W: image.Shape[3]}
			if err := m.Predict(t.Context(), got, b); err != nil {
				t.Fatal(err)
			}
			if off := distance(wide(got), wide(want.Data)); !(off <= inFloat32[ofEvaluationLogits]) {
				t.Errorf("%s on %s: probabilities are %.3g away", c.name, name, off)
			}
		}
	}
}

// TestScoresOfClassesByHand: two pixels of three count, one of them is right.
func TestScoresOfClassesByHand(t *testing.T) {
	c := small
	c.Classes = 3
	m := newModel(t, c, ref.New[float32]())
	b := batch(3, 1, 1, 8, 8)
	p := make([]float32, 3*8*8)
	if err := m.Predict(t.Context(), p, b); err != nil { // running statistics, as Evaluate's
		t.Fatal(err)
	}
	for i := range b.Targets {
		b.Targets[i] = -1
	}
	best, right := 0, 0.0
	for _, i := range []int{0, 9} { // the class that is the most probable one at pixel 0, at both
		if i == 0 {
			for k := range 3 {
				if p[k*64] > p[best*64] {
					best = k
				}
			}
		}
		b.Targets[i] = float32(best)
	}
	squares := 0.0
	for _, i := range []int{0, 9} {
		at := 0
		for k := range 3 {
			d := float64(p[k*64+i])
			if k == best {
				d--
			}
			squares += d * d / 6
			if p[k*64+i] > p[at*64+i] {
				at = k
			}
		}
		if at == best {
			right += 0.5
		}
	}
	got, err := m.Evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if off := distance([]float64{got.MSE, got.Accuracy}, []float64{squares, right}); off > 1e-6 {
		t.Errorf("mean squared error %g and accuracy %g, expected %g and %g", got.MSE, got.Accuracy, squares, right)
	}
}

// TestTargetsThatAreNoClassAreAnError, and not an index out of range in a kernel.
func TestTargetsThatAreNoClassAreAnError(t *testing.T) {
	c := small
	c.Classes = 3
	m := newModel(t, c, ref.New[float32]())
	for _, wrong := range []float32{3, -2, 0.5} {
		b := batch(1, 1, 1, 8, 8)
		b.Targets[5] = wrong
		if _, err := m.Train(t.Context(), b, 1e-3); err == nil ||
			!strings.Contains(err.Error(), "expected a class from 0 to 2, or -1") {
			t.Errorf("a target of %g: error %v", wrong, err)
		}
	}
}
