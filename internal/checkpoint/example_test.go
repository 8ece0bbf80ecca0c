package checkpoint_test

import (
	"bytes"
	"errors"
	"fmt"

	"r2unet/internal/checkpoint"
)

func Example() {
	var file bytes.Buffer
	err := checkpoint.Encode(&file, &checkpoint.File{
		Metadata: map[string]string{"epoch": "7"},
		Tensors:  []checkpoint.Tensor{{Name: "head.bias", Shape: []int{1}, Data: []float32{0.5}}},
	})
	if err != nil {
		fmt.Println(err)
	}
	f, err := checkpoint.Decode(file.Bytes())
	fmt.Println(f.Metadata["epoch"], f.Tensors[0].Name, f.Tensors[0].Data, err)

	file.Bytes()[file.Len()-1] ^= 1 // a flipped bit is noticed
	_, err = checkpoint.Decode(file.Bytes())
	fmt.Println(errors.Is(err, checkpoint.ErrDamaged))
	// Output:
	// 7 head.bias [0.5] <nil>
	// true
}
