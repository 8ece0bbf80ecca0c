package model

import (
	"testing"

	"github.com/BurntSushi/toml"

	"r2unet/arch"
	"r2unet/internal/torchtest"
)

// TestZooHasTheParametersOfPyTorchHere builds every network of the zoo in the PyTorch of this machine.
func TestZooHasTheParametersOfPyTorchHere(t *testing.T) {
	const matrix = "../../examples/zoo.toml"
	var want map[string]int
	torchtest.Run(t, "../benchmark/torch/zoo.py", &want, "params", matrix)
	var file struct{ Architecture []arch.Config }
	if _, err := toml.DecodeFile(matrix, &file); err != nil {
		t.Fatal(err)
	}
	for _, a := range file.Architecture {
		params, err := Parameters(Config{Arch: a, InChannels: 3})
		if err != nil {
			t.Fatal(err)
		}
		if params.Count() != want[a.Name] {
			t.Errorf("%s: %d parameters, in PyTorch %d", a.Name, params.Count(), want[a.Name])
		}
	}
}
