package arch_test

import (
	"fmt"

	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/layers"
)

// R2U-Net as the paper trains it on patches of 48×48 px, as a Gorgonia expression graph.
func ExampleBuild() {
	config := arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2}.WithDefaults()
	var params layers.Params
	b := layers.NewBuilder(&params, true, tensor.Float32)
	logits, err := arch.Build(b, config, b.Input("image", 32, 1, 48, 48))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("logits", logits.Shape())
	fmt.Println(params.Count(), "parameters")
	// Output:
	// logits (32, 1, 48, 48)
	// 1046129 parameters
}

// Three poolings halve an image, so that its sides are multiples of eight.
func ExampleConfig_Multiple() {
	fmt.Println(arch.Config{Channels: []int{16, 32, 64, 128}}.Multiple())
	// Output: 8
}
