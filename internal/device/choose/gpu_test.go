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
