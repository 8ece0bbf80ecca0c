package model

import (
	"math"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/layers"
)

// TestForwardFLOPs are those that the PyTorch reference counts, `torch_reference.py bench`, at 48×48 with one channel.
func TestForwardFLOPs(t *testing.T) {
	for _, c := range []struct {
		config arch.Config
		want   float64
	}{
		{arch.Config{Name: "U-Net", Block: "forward"}, 161759232},
		{arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Weights: layers.Tied}, 461979648},
		{arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Weights: layers.Shared}, 461979648},
	} {
		got, err := ForwardFLOPs(c.config, 1, 48, 48)
		if err != nil || math.Abs(got-c.want) > 0.5 {
			t.Errorf("%s: %.0f operations (%v), expected %.0f", c.config.Name, got, err, c.want)
		}
	}
}

// TestInspect: gradients need more of everything, and the drawing has the graph's operators.
func TestInspect(t *testing.T) {
	a, err := Inspect(small, 2, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	if a.TrainingBytes <= a.EvaluationBytes || a.KeptBytes <= a.TrainingBytes || a.TrainingCalls <= a.EvaluationCalls || a.Nodes <= a.TrainingCalls || a.Reach < 16 {
		t.Errorf("%+v", a)
	}
	dot, err := Dot(small.Arch, 1, 16, 16)
	if err != nil || !strings.Contains(dot, "Conv3x3") {
		t.Errorf("drawing of %d bytes, error %v", len(dot), err)
	}
	if _, err := Inspect(small, 2, 18, 16); err == nil {
		t.Error("18 pixels were accepted")
	}
}
