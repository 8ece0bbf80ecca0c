//go:build !r2gpu

package choose

import (
	"errors"

	"r2unet/internal/device"
)

func openGPU(Options) (device.Device, error) {
	return nil, errors.New("this program was built without CUDA; " +
		"`make cuda` builds bin/sweep-cuda and others that have it")
}
