package op

import (
	"testing"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls/callstest"
	"r2unet/internal/device"
)

// withoutGradient are the operators that stand in no graph behind a loss's gradient, and why.
var withoutGradient = map[string]string{
	"Sigmoid":       "gives the probabilities of a prediction",
	"Softmax":       "gives the probabilities of a prediction",
	"Scores":        "measures",
	"ClassScores":   "measures",
	"UpdateRunning": "updates running statistics",
	"Adam":          "steps",
	"Update":        "steps",
	"Penalize":      "steps",
	"Shrink":        "steps",
	"Clip":          "steps",
	"Accumulate":    "steps",
}

// TestEveryOperatorHasAGradientCase: each is computed by a case, or is the gradient of one, or has none for a reason.
func TestEveryOperatorHasAGradientCase(t *testing.T) {
	checked := map[string]bool{}
	for _, c := range gradientCases {
		for _, n := range differentiate(t, c, false).graph.AllNodes() {
			if call := callOf(t, n); call != nil {
				checked[callstest.TypeOf(call)] = true
			}
		}
	}
	for _, operator := range callstest.Types(t, "../calls") {
		switch reason := withoutGradient[operator]; {
		case !checked[operator] && reason == "":
			t.Errorf("calls.%s stands in no gradient case: see docs/operators.md", operator)
		case checked[operator] && reason != "":
			t.Errorf("calls.%s stands in a gradient case, though it %s: take it out of withoutGradient",
				operator, reason)
		}
	}
}

// callOf is the call of a node; nil for an input and for a view.
func callOf(t *testing.T, n *G.Node) device.Call {
	t.Helper()
	o, ok := n.Op().(*Op)
	if !ok || o.lower == nil {
		return nil
	}
	var in []*device.Tensor
	for _, child := range o.Inputs() {
		in = append(in, &device.Tensor{Shape: child.Shape(), Kind: o.Kind()})
	}
	call, err := o.Lower(in, &device.Tensor{Shape: n.Shape(), Kind: o.Kind()})
	if err != nil {
		t.Fatal(err)
	}
	return call
}
