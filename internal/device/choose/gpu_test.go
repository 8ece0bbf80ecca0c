//go:build !r2gpu

package choose

import (
	"strings"
	"testing"
)

func TestAutoTakesTheCPUAndSaysWhy(t *testing.T) {
	dev, why, err := Open("auto", Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if dev.Name() != "cpu" || !strings.Contains(why, "auto takes cpu: this program was built without CUDA") {
		t.Errorf("opened %s, because %q", dev.Name(), why)
	}
}

func TestCUDAWithoutSupportIsOneClearError(t *testing.T) {
	_, _, err := Open("cuda", Options{})
	if err == nil ||
		!strings.Contains(err.Error(), "-device cuda: this program was built without CUDA; `make cuda` builds") {
		t.Errorf("error is %v", err)
	}
}

func TestAutoWithoutAGPURefusesTF32(t *testing.T) {
	_, _, err := Open("auto", Options{Precision: TF32})
	if err == nil || !strings.HasPrefix(err.Error(), "-precision tf32: -device auto takes cpu: this program was ") ||
		!strings.HasSuffix(err.Error(), "; cpu does not have it: take -device cuda, or fp32") {
		t.Errorf("error is %v", err)
	}
}
