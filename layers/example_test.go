package layers_test

import (
	"fmt"

	"gorgonia.org/tensor"

	"r2unet/layers"
)

// A recurrent convolutional layer with t = 2: one feed-forward and one recurrent weight, and a norm for each of the
// three steps.
func ExampleBuilder_RCL() {
	var params layers.Params
	b := layers.NewBuilder(&params, true, tensor.Float32)
	x := b.Input("x", 1, 8, 16, 16)
	h := b.RCL("unit", x, 16, layers.Recurrence{Steps: 2, Weights: layers.Shared}, layers.NormBatch, nil)
	if err := b.Err(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Shape())
	for _, p := range params.Trainable {
		fmt.Println(p.Name, p.Shape)
	}
	// Output:
	// (1, 16, 16, 16)
	// unit.forward_conv.weight [16 8 3 3]
	// unit.norm.0.bias [16]
	// unit.norm.0.weight [16]
	// unit.recurrent.0.weight [16 16 3 3]
	// unit.norm.1.bias [16]
	// unit.norm.1.weight [16]
	// unit.norm.2.bias [16]
	// unit.norm.2.weight [16]
}
