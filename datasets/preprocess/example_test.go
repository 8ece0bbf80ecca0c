package preprocess_test

import (
	"fmt"

	"r2unet/datasets/preprocess"
)

// A pixel of the smaller mask is foreground if more than half of its area is.
func ExampleResizeMask() {
	mask := []uint8{
		1, 1, 0, 0,
		1, 0, 0, 1,
	}
	fmt.Printf("%d\n", preprocess.ResizeMask(mask, 4, 2, 2, 1))
	// Output: [1 0]
}

func ExamplePlanes_Gamma() {
	p := preprocess.New(3, 1, 1)
	copy(p.Pixels, []float32{0, 0.25, 1})
	p.Gamma(2) // dark parts become lighter
	fmt.Println(p.Pixels)
	// Output: [0 0.5 1]
}
