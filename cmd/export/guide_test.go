package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/internal/guidetest"
	"r2unet/internal/torchtest"
)

// TestInterchangeWorksToTheLetter runs the commands of docs/interchange.md, those in Python where its packages are.
func TestInterchangeWorksToTheLetter(t *testing.T) {
	const root, page = "../..", "docs/interchange.md"
	dir := t.TempDir()
	place(t, root, dir, "experiments.toml")
	guidetest.Commands(t, root, page, dir)
	place(t, root, dir, "internal")
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(text)) {
		command, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "    python ")
		if !ok {
			continue
		}
		found++
		python := torchtest.Python{Variable: "R2UNET_TORCH_PYTHON", Modules: "torch, numpy, PIL"}
		if strings.Contains(command, ".onnx") {
			python = torchtest.Python{Variable: "R2UNET_ONNX_PYTHON", Modules: "onnxruntime, numpy, PIL"}
		}
		t.Run(strings.Fields(command)[1], func(t *testing.T) {
			execute(t, dir, python.Find(t), append([]string{"-B"}, strings.Fields(command)...)...)
			if _, err := os.Stat(filepath.Join(dir, "masks", "01_test_mask.png")); err != nil {
				t.Error(err)
			}
		})
	}
	if found != 2 {
		t.Errorf("%d commands in Python", found)
	}
	t.Run("block", func(t *testing.T) {
		python := torchtest.Python{Variable: "R2UNET_TORCH_PYTHON", Modules: "torch"}.Find(t)
		block := guidetest.Block(t, root, page, "## PyTorch", "python")
		execute(t, dir, python, "-B", "-c", "import torch\nx = torch.zeros(1, 1, 16, 16)\n"+block)
		if _, err := os.Stat(filepath.Join(dir, "mine.safetensors")); err != nil {
			t.Error(err)
		}
	})
}

// place makes a file or folder of the repository available in a folder.
func place(t *testing.T, root, dir, name string) {
	t.Helper()
	absolute, err := filepath.Abs(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(absolute, filepath.Join(dir, name)); err != nil {
		t.Skipf("links are not possible here: %v", err)
	}
}

func execute(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
