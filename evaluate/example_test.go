package evaluate_test

import (
	"fmt"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
)

// One test image of four pixels. The last one lies outside the field of view, so that its error counts over
// all pixels only.
func ExampleCollector() {
	c := evaluate.NewCollector(evaluate.Options{})
	defer c.Close()
	err := c.Add(evaluate.Image{
		ID: "01_test", Width: 4, Height: 1,
		Probabilities: []float32{0.9, 0.2, 0.7, 0.8},
		Truth:         []uint8{1, 0, 1, 0},
		FOV:           []uint8{1, 1, 1, 0},
	})
	if err != nil {
		fmt.Println(err)
	}
	m, err := c.Measures()
	if err != nil {
		fmt.Println(err)
	}
	fmt.Printf("F1 %.2f inside the field of view, %.2f over all pixels\n", m.Inside.Micro.Of(measures.F1),
		m.All.Micro.Of(measures.F1))
	// Output: F1 1.00 inside the field of view, 0.80 over all pixels
}
