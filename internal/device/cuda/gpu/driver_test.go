//go:build r2gpu && !race

package gpu

import (
	"testing"

	"r2unet/internal/device/cuda"
	"r2unet/internal/device/cuda/driver"
)

const simulated = false

// open opens the first GPU.
func open(t *testing.T, options cuda.Options) *cuda.Device {
	gpu, err := driver.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, gpu, options)
}

func TestDriverHasEveryFunction(t *testing.T) {
	t.Log(open(t, cuda.Options{}).Describe())
	if missing := driver.Missing(); len(missing) > 0 {
		t.Errorf("this driver lacks %v", missing)
	}
}
