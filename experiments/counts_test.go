package experiments

import (
	"slices"
	"strconv"
	"testing"

	"r2unet/arch"
	"r2unet/evaluate"
	"r2unet/experiments/matrix"
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
		steps, _ := strconv.Atoi(r.Facet("t"))
		config := arch.Config{
			Name: r.Architecture, Block: r.Facet("block"), T: steps, Weights: layers.Sharing(r.Facet("weights")),
		}.WithDefaults()
		params, err := model.Parameters(model.Config{Arch: config, InChannels: 1})
		if err != nil {
			t.Fatal(err)
		}
		if facets := facetsOf(matrix.Run{Architecture: config}); !slices.Equal(facets, r.Facets) {
			t.Errorf("a run of %s, %s would have the facets %+v, so that the table had it twice; counted are %+v",
				r.Label(), r.Setting(), facets, r.Facets)
		}
		if params.Count() != r.Parameters {
			t.Errorf("%s, %s has %d parameters, the table says %d",
				r.Label(), r.Setting(), params.Count(), r.Parameters)
		}
	}
}
