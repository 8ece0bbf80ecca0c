package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/experiments"
	"r2unet/experiments/training"
	"r2unet/internal/torchtest"
)

// TestPyTorchHowtoWorksToTheLetter runs the Python of docs/howto/pytorch.md on a network of the smoke profile, and
// reads the weights that it writes as init does.
func TestPyTorchHowtoWorksToTheLetter(t *testing.T) {
	const root, page = "../..", "docs/howto/pytorch.md"
	python := torchtest.Python{Variable: "R2UNET_TORCH_PYTHON", Modules: "torch, safetensors"}.Find(t)
	matrix, err := os.ReadFile(filepath.Join(root, "experiments.toml"))
	if err != nil {
		t.Fatal(err)
	}
	out, dir := t.TempDir(), t.TempDir()
	o := experiments.Options{
		Config: "experiments.toml", Text: string(matrix), Profile: "smoke", Out: out,
		Only: "dataset=Lung,arch=R2U-Net t=2", Device: "cpu", Threads: 1, Seed: 1, Stdout: io.Discard,
	}
	if err := experiments.Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	runs, err := filepath.Glob(filepath.Join(out, "smoke/runs/*/checkpoint.safetensors"))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	for name, from := range map[string]string{
		"checkpoint.safetensors": runs[0],
		"r2unet.py":              filepath.Join(root, "internal/benchmark/torch/r2unet.py"),
	} {
		content, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for i, part := range strings.Split(string(text), "\n```python\n") {
		if block, _, closed := strings.Cut(part, "```"); i > 0 && closed {
			script.WriteString(block)
		}
	}
	script.WriteString("assert network(torch.zeros(1, 1, 16, 24)).sigmoid().shape == (1, 1, 16, 24)\n" +
		"assert recipe['input'] and recipe['size'] and len(recipe['normalization']['mean']) == 1\n")
	execute(t, dir, python, "-B", "-c", script.String())
	weights, err := os.ReadFile(filepath.Join(dir, "weights.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(weights)
	read, err := training.ReadWeights(filepath.Join(dir, "weights.safetensors"), hex.EncodeToString(hash[:]))
	if err != nil || len(read) == 0 {
		t.Errorf("%d weights, %v", len(read), err)
	}
}
