package sim

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEveryShippedKernelParses(t *testing.T) {
	paths, err := filepath.Glob("../kernels/*.ptx")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no PTX found: %v", err)
	}
	d := New(Options{})
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Load(string(text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if len(d.kernels) < 40 {
		t.Errorf("%d kernels, want at least 40", len(d.kernels))
	}
}
