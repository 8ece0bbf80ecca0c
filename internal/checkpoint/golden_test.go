package checkpoint

import (
	"path/filepath"
	"testing"
)

// TestReadsFilesOfTheReference: the files that PyTorch's side writes are read completely.
func TestReadsFilesOfTheReference(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/golden/networks/*.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("../shared/golden is not here")
	}
	for _, path := range paths {
		f, err := ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, ok := f.Tensor("logits"); !ok || f.Metadata["arch"] == "" {
			t.Errorf("%s: %d tensors, metadata %v: no logits or no arch", path, len(f.Tensors), f.Metadata)
		}
	}
}
