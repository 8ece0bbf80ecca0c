package calls_test

import (
	"slices"
	"strings"
	"testing"

	"r2unet/internal/calls/callstest"
)

// withoutONNX are the operators that stand in no graph of a prediction, and why, besides gradients.
var withoutONNX = map[string]string{
	"Accumulate": "steps", "Adam": "steps", "Clip": "steps", "Penalize": "steps", "Shrink": "steps", "Update": "steps",
	"UpdateRunning": "updates running statistics", "BatchStats": "normalizes in training",
	"Dropout": "drops out in training", "DropBlock": "drops out in training",
	"Scores": "measures", "ClassScores": "measures",
	"CLDice": "is a loss", "Combine": "adds losses", "Scale": "is part of a loss",
	"Slice": "is the gradient of a concatenation", "ChannelSum": "is the gradient of a bias",
}

// TestEveryOperatorOfPredictionHasAFormInONNX lists operators that lack a method ONNX.
func TestEveryOperatorOfPredictionHasAFormInONNX(t *testing.T) {
	mapped := callstest.With(t, ".", "ONNX")
	for _, operator := range callstest.Types(t, ".") {
		reason := withoutONNX[operator]
		if strings.Contains(operator, "Grad") {
			reason = "is a gradient"
		}
		if strings.Contains(operator, "Loss") {
			reason = "is a loss"
		}
		has := slices.Contains(mapped, operator)
		switch {
		case !has && reason == "":
			t.Errorf("calls.%s has no form in ONNX: give it a method ONNX, see docs/operators.md", operator)
		case has && withoutONNX[operator] != "":
			t.Errorf("calls.%s has a form in ONNX, though it %s: take it out of withoutONNX", operator, reason)
		}
	}
}
