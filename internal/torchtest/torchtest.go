// Package torchtest runs the PyTorch scripts whose numbers the project's tests compare with.
package torchtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// pythonVariable names a Python interpreter that has torch; python3 by default.
const pythonVariable = "R2UNET_TORCH_PYTHON"

// Run runs a script with arguments and decodes the JSON that it prints. The test is skipped if there is no Python with
// torch, and in short mode.
func Run(t *testing.T, script string, into any, arguments ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("imports torch")
	}
	python := cmp.Or(os.Getenv(pythonVariable), "python3")
	if err := exec.CommandContext(t.Context(), python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no torch in %s (%s names another Python): %v", python, pythonVariable, err)
	}
	var out, failure bytes.Buffer
	command := exec.CommandContext(t.Context(), python, append([]string{script}, arguments...)...)
	command.Stdout, command.Stderr = &out, &failure
	if err := command.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", python, script, err, failure.Bytes())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// Read decodes a committed JSON file.
func Read(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
