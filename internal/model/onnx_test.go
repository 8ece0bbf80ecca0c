package model

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"r2unet/arch"
	"r2unet/internal/checkpoint"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/onnx"
	"r2unet/internal/torchtest"
)

// onnxPython has onnx and onnxruntime.
var onnxPython = torchtest.Python{Variable: "R2UNET_ONNX_PYTHON", Modules: "onnx, onnxruntime"}

// TestONNXGivesTheSameProbabilities compares every network of the two committed matrices, and those of the golden
// cases, at two sizes of images.
func TestONNXGivesTheSameProbabilities(t *testing.T) {
	onnxPython.Find(t)
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	root := t.TempDir()
	var folders []string
	configs := exported(t)
	for i, c := range configs {
		folders = append(folders, filepath.Join(root, fmt.Sprint(i)))
		exportCase(t, folders[i], c, dev)
	}
	var results []struct {
		Difference float64
		Sizes      int
		Metadata   map[string]string
	}
	onnxPython.Run(t, "testdata/run_onnx.py", &results, folders...)
	if len(results) != len(configs) {
		t.Fatalf("%d results of %d networks", len(results), len(configs))
	}
	for i, r := range results {
		if !(r.Difference <= 1e-4) || r.Sizes != 2 || r.Metadata["network"] != configs[i].Arch.Name {
			t.Errorf("%s: difference %g over %d sizes, metadata %v",
				configs[i].Arch.Name, r.Difference, r.Sizes, r.Metadata)
		}
		t.Logf("%-28s %.1e", configs[i].Arch.Name, r.Difference)
	}
}

// exported are networks of each setting that there is.
func exported(t *testing.T) []Config {
	t.Helper()
	var configs []Config
	for i, path := range []string{"../../experiments.toml", "../../examples/zoo.toml"} {
		var file struct{ Architecture []arch.Config }
		if _, err := toml.DecodeFile(path, &file); err != nil {
			t.Fatal(err)
		}
		for _, a := range file.Architecture {
			configs = append(configs, Config{Arch: a.WithDefaults(), InChannels: 1 + 2*i})
		}
	}
	classes := Config{Arch: configs[0].Arch, InChannels: 1, Classes: 4}
	classes.Arch.Name += ", 4 classes"
	configs = append(configs, classes)
	for _, c := range goldenCases(t, "testdata/zoo") {
		configs = append(configs, c.config)
	}
	return configs
}

// exportCase writes a network with random weights and statistics, and its probabilities of images of two sizes.
func exportCase(t *testing.T, folder string, c Config, dev device.Device) {
	t.Helper()
	c.InitialGain = 0.41 // of profiles; with He's, statistics that are not the network's own multiply rounding errors
	m, err := New(c, dev)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, x := range tensors {
		for i := range x.Data {
			switch {
			case strings.HasSuffix(x.Name, ".running_var"), len(x.Shape) == 1 && strings.HasSuffix(x.Name, ".weight"):
				x.Data[i] = 0.5 + r.Float32()
			case len(x.Shape) == 1:
				x.Data[i] = r.Float32() - 0.5
			}
		}
	}
	weights := Weights(tensors)
	if err := m.Restore(weights); err != nil {
		t.Fatal(err)
	}
	g, err := ONNX(c, weights, 0)
	if err != nil {
		t.Fatal(err)
	}
	file, err := g.Encode(onnx.About{Name: "network", Metadata: map[string]string{"network": c.Arch.Name}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "model.onnx"), file, 0o666); err != nil {
		t.Fatal(err)
	}
	side := c.Arch.Multiple()
	for k, shape := range [][]int{{2, c.InChannels, 2 * side, 3 * side}, {1, c.InChannels, 5 * side, 4 * side}} {
		b := Batch{N: shape[0], C: shape[1], H: shape[2], W: shape[3]}
		b.Images = make([]float32, b.N*b.C*b.H*b.W)
		for i := range b.Images {
			b.Images[i] = 2*r.Float32() - 1
		}
		out := slices.Clone(shape)
		out[1] = c.Outputs()
		probabilities := make([]float32, out[0]*out[1]*out[2]*out[3])
		if err := m.Predict(t.Context(), probabilities, b); err != nil {
			t.Fatal(err)
		}
		to, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.safetensors", k)))
		if err != nil {
			t.Fatal(err)
		}
		err = checkpoint.Encode(to, &checkpoint.File{Tensors: []Tensor{
			{Name: "image", Shape: shape, Data: b.Images}, {Name: "probabilities", Shape: out, Data: probabilities},
		}})
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
