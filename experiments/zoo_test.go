package experiments

import (
	"io"
	"testing"
)

// TestZoo: every network of the zoo can be planned.
func TestZoo(t *testing.T) {
	o := GraphOptions{Config: "../examples/zoo.toml", Batch: 2, Size: 16, Inputs: 3, Stdout: io.Discard}
	if err := Graph(t.Context(), o); err != nil {
		t.Error(err)
	}
}
