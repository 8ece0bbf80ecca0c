package matrix_test

import (
	"fmt"

	"r2unet/experiments/matrix"
)

const small = `
[[architecture]]
name = "R2U-Net"
block = "recurrent-residual"
t = 2

[[dataset]]
name = "DRIVE"
patch = 48
patches = 1000
validation-patches = 100

[[experiment]]
name = "vessels"

[profile.quick]
epochs = 1
batch = 8
learning-rate = 1e-3
`

func ExampleParse() {
	file, err := matrix.Parse("small.toml", small)
	if err != nil {
		fmt.Println(err)
		return
	}
	profile, err := file.Profile("quick")
	if err != nil {
		fmt.Println(err)
		return
	}
	runs, err := file.Expand(profile, map[string]matrix.Source{"DRIVE": {Folds: 1}}, "cpu", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range runs {
		fmt.Println(r.Title(), r.Training.Epochs, "epoch")
	}
	// Output: DRIVE R2U-Net t=2 shared 1 epoch
}

// A key that does not exist is named with its line and the nearest one that does.
func ExampleParse_mistake() {
	_, err := matrix.Parse("small.toml", small+"learning_rate = 1e-3\n")
	fmt.Println(err)
	// Output: small.toml:20: unknown key "profile.quick.learning_rate"; did you mean "learning-rate"?
}
