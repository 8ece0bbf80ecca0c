// Package torchtest runs the Python scripts whose numbers the project's tests compare with: PyTorch's, onnxruntime's.
package torchtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// Python is an interpreter with the modules that a script needs.
type Python struct {
	Variable string // of the environment, that names the interpreter; python3 by default
	Modules  string // as Python's import lists them
}

// Run runs a script with arguments and decodes the JSON that it prints. The test is skipped if there is no Python with
// torch, and in short mode.
func Run(t *testing.T, script string, into any, arguments ...string) {
	t.Helper()
	Python{"R2UNET_TORCH_PYTHON", "torch"}.Run(t, script, into, arguments...)
}

// Find returns the interpreter. The test is skipped if it lacks the modules, and in short mode.
func (p Python) Find(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("imports " + p.Modules)
	}
	python := cmp.Or(os.Getenv(p.Variable), "python3")
	if err := exec.CommandContext(t.Context(), python, "-c", "import "+p.Modules).Run(); err != nil {
		t.Skipf("no %s in %s (%s names another Python): %v", p.Modules, python, p.Variable, err)
	}
	return python
}

// Run is Run with this interpreter.
func (p Python) Run(t *testing.T, script string, into any, arguments ...string) {
	t.Helper()
	python := p.Find(t)
	var out, failure bytes.Buffer
	command := exec.CommandContext(t.Context(), python, append([]string{"-B", script}, arguments...)...)
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
