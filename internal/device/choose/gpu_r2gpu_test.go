//go:build r2gpu

package choose

import (
	"strings"
	"testing"
)

// check.sh runs this with the libcuda.so.1 of tests in the path, and again without.
func TestCUDAAndAutoAgreeOnWhetherThereIsAGPU(t *testing.T) {
	gpu, _, cudaErr := Open("cuda", Options{})
	if cudaErr == nil {
		if err := gpu.Close(); err != nil {
			t.Error(err)
		}
	}
	dev, why, err := Open("auto", Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	switch {
	case cudaErr == nil && (dev.Name() != "cuda" || why != "auto takes cuda: a GPU is there"):
		t.Errorf("opened %s, because %q", dev.Name(), why)
	case cudaErr != nil && (dev.Name() != "cpu" || !strings.Contains(why, "auto takes cpu: no NVIDIA driver")):
		t.Errorf("opened %s, because %q; cuda said %v", dev.Name(), why, cudaErr)
	}
}
