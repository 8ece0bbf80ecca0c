package augment_test

import (
	"fmt"
	"math/rand/v2"

	"r2unet/datasets/augment"
)

// The same seed draws the same flip for image and label.
func ExampleConfig_Draw() {
	picture := augment.Picture{
		Width: 2, Height: 2, Channels: 1,
		Pixels: []uint16{0, 65535, 65535, 65535},
		Truth:  []uint8{1, 0, 0, 0},
	}
	t := augment.Config{Flip: true}.Draw(rand.New(rand.NewPCG(1, 3)), nil, 2, 2)
	image, target := make([]float32, 4), make([]float32, 4)
	t.Render(image, target, picture, 1, 1)
	fmt.Println(image, target)
	// Output: [1 0 1 1] [0 1 0 0]
}
