package experiments

import (
	"testing"

	"r2unet/arch"
	"r2unet/evaluate"
	"r2unet/internal/model"
	"r2unet/layers"
)

// TestCountedNetworksHaveTheirParameters builds what Table IV has written down.
func TestCountedNetworksHaveTheirParameters(t *testing.T) {
	counted := evaluate.Counted()
	if len(counted) != 14 {
		t.Errorf("%d networks, expected 2 without recurrence and 2 × 2 steps × 3 ways to share weights", len(counted))
	}
	for _, r := range counted {
		params, err := model.Parameters(arch.Config{Name: r.Architecture, Block: r.Block, T: r.T, Weights: layers.Sharing(r.Weights)}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if params.Count() != r.Parameters {
			t.Errorf("%s, %s has %d parameters, the table says %d", r.Label(), r.Setting(), params.Count(), r.Parameters)
		}
	}
}
