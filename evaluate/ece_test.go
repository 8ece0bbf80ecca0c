package evaluate

import (
	"math"
	"testing"

	"r2unet/evaluate/measures"
)

// TestECEIsThatOfItsDefinition on an image with a field of view and an ignored pixel; in two images, pixels
// count alike.
func TestECEIsThatOfItsDefinition(t *testing.T) {
	c := NewCollector(Options{Extra: []*measures.Measure{measures.ECE}})
	defer func() { _ = c.Close() }()
	for _, image := range []Image{
		{
			ID: "a", Width: 5, Height: 1, Truth: []uint8{0, 1, 1, 0, Ignored}, FOV: []uint8{1, 1, 1, 0, 1},
			Probabilities: []float32{0.5, 0.5, 1, 0.25, 0.75},
		},
		{ID: "b", Width: 1, Height: 1, Truth: []uint8{1}, Probabilities: []float32{0.5}},
	} {
		if err := c.Add(image); err != nil {
			t.Fatal(err)
		}
	}
	m, err := c.Measures()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want float64 }{
		"a, inside":    {m.Inside.Images[0].Scores.Of(measures.ECE), 0}, // 0.5 of one and zero; 1 of one
		"a, all":       {m.All.Images[0].Scores.Of(measures.ECE), 0.25 / 4},
		"b":            {m.All.Images[1].Scores.Of(measures.ECE), 0.5},
		"both, inside": {m.Inside.Micro.Of(measures.ECE), 0.5 / 4}, // |1.5 − 2| of three in one bin
		"both, all":    {m.All.Micro.Of(measures.ECE), (0.5 + 0.25) / 5},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", name, c.got, c.want)
		}
	}
}
